import Link from "next/link";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { StatusTag } from "@/app/(admin)/admin/_components/status-tag";
import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import { SectionCard } from "@/components/ui/card";
import { LinkButton } from "@/components/ui/link-button";
import type { SiblingRow } from "@/lib/db/webhook-life";
import { WEBHOOKS_PATH } from "../_view/webhook-query";
import { statusWords } from "../_view/webhook-words";
import { TypeName } from "./type-name";

/** As many as there is room for; all of them are a filtered list. */
const SHOWN = 6;

/** The other events of the same object, the newest first. */
export function SiblingList({
  siblings,
  objectId,
}: {
  siblings: readonly SiblingRow[];
  objectId: string | null;
}) {
  return (
    <SectionCard id="siblings" title="Of the same object" description="Its other events, the newest first.">
      {siblings.length === 0 ? (
        <p className="text-sm text-muted">
          {objectId === null ? "It is not about an object." : "No other event of this object has come."}
        </p>
      ) : (
        <ul className="divide-y">
          {siblings.slice(0, SHOWN).map(({ id, type, status, receivedAt }) => (
            <li
              key={id}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-4 text-sm first:pt-0 last:pb-0"
            >
              <div className="min-w-0">
                <Link
                  href={`${WEBHOOKS_PATH}/${id}`}
                  prefetch={false}
                  className="font-medium [overflow-wrap:anywhere] underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink"
                >
                  <TypeName>{type}</TypeName>
                </Link>
                <p className="mt-0.5 text-muted">
                  <Moment at={receivedAt} />
                </p>
              </div>
              <StatusTag words={statusWords(status)} />
            </li>
          ))}
        </ul>
      )}
      {objectId === null || siblings.length <= SHOWN ? null : (
        <LinkButton
          href={addressOf(WEBHOOKS_PATH, { object: objectId })}
          variant="secondary"
          className="mt-6"
        >
          All events of this object
        </LinkButton>
      )}
    </SectionCard>
  );
}
