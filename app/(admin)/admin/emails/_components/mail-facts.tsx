import Link from "next/link";
import { Fact } from "@/app/(admin)/admin/_components/fact";
import { Facts, Id } from "@/app/(admin)/admin/_components/facts";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import { SectionCard } from "@/components/ui/card";
import type { MailLife } from "@/lib/db/mail-life";
import { businessKeyKind, categoryWords, kindWords } from "../_view/mail-words";

const LINK = "underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink";

const MODE_WORDS: Record<MailLife["mode"], string> = { sandbox: "Sandbox", test: "Test", live: "Live" };

function Addresses({ life: { recipient, content, subject } }: { life: MailLife }) {
  const to = content.kind === "mail" ? content.to : recipient;
  const about = content.kind === "mail" ? content.subject : subject;
  return (
    <>
      <Fact label="To">
        {to === null || recipient === null ? (
          (to ?? "–")
        ) : (
          <Link href={addressOf("/admin/emails", { recipient })} prefetch={false} className={LINK}>
            {to}
          </Link>
        )}
      </Fact>
      <Fact label="From">{content.kind === "mail" ? content.from : "–"}</Fact>
      <Fact label="Subject" className="sm:col-span-2">
        {about ?? "–"}
      </Fact>
    </>
  );
}

function Cause({ life: { cause, businessKey } }: { life: MailLife }) {
  return (
    <Fact label="Because of">
      {businessKeyKind(businessKey)}
      {cause === null ? null : (
        <span className="block font-normal">
          <Link href={`/admin/webhooks/${cause.eventId}`} prefetch={false} className={LINK}>
            {cause.type ?? "an event"}
          </Link>
        </span>
      )}
    </Fact>
  );
}

export function MailFacts({ life }: { life: MailLife }) {
  const { kind, category, provider, externalId, workspace, attempts, replays, createdAt, mode, id } = life;
  return (
    <SectionCard id="facts" title="Facts">
      <Facts>
        {kind === "email" ? <Addresses life={life} /> : <Fact label="Command">{kindWords(kind)}</Fact>}
        {kind === "email" ? (
          <Fact label="Template">{category === null ? "–" : categoryWords(category)}</Fact>
        ) : null}
        <Fact label="Provider">
          {provider ?? "None yet"}
          <span className="block font-normal text-muted">{MODE_WORDS[mode]}</span>
        </Fact>
        <Fact label="The provider’s id">{externalId === null ? "–" : <Id>{externalId}</Id>}</Fact>
        <Fact label="Our id">
          <Id>{id}</Id>
        </Fact>
        <Cause life={life} />
        <Fact label="Workspace">
          {workspace === null ? (
            "–"
          ) : (
            <Link
              href={addressOf("/admin/emails", { workspace: workspace.id })}
              prefetch={false}
              className={LINK}
            >
              {workspace.name ?? "Deleted"}
            </Link>
          )}
        </Fact>
        <Fact label="Attempts">
          {attempts}
          {replays === 0 ? null : (
            <span className="block font-normal text-muted">
              since it was replayed {replays === 1 ? "once" : `${replays} times`} by an operator
            </span>
          )}
        </Fact>
        <Fact label="Enqueued">
          <Moment at={createdAt} />
        </Fact>
      </Facts>
    </SectionCard>
  );
}
