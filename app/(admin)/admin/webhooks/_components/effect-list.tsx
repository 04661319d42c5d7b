import Link from "next/link";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { StatusTag } from "@/app/(admin)/admin/_components/status-tag";
import { SectionCard } from "@/components/ui/card";
import type { EffectRow } from "@/lib/db/webhook-life";
import { effectStatusWords, effectWords } from "../_view/webhook-words";

/** What an event caused on the outside. */
export function EffectList({ effects }: { effects: readonly EffectRow[] }) {
  return (
    <SectionCard id="effects" title="What it caused" description="Mails and commands in the outbox.">
      {effects.length === 0 ? (
        <p className="text-sm text-muted">It caused nothing on the outside.</p>
      ) : (
        <ul className="divide-y">
          {effects.map((effect) => (
            <li
              key={effect.id}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-4 text-sm first:pt-0 last:pb-0"
            >
              <div className="min-w-0">
                <Link
                  href={`/admin/emails/${effect.id}`}
                  prefetch={false}
                  className="font-medium break-words underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink"
                >
                  {effectWords(effect)}
                </Link>
                <p className="mt-0.5 text-muted">
                  <Moment at={effect.at} />
                </p>
              </div>
              <StatusTag words={effectStatusWords(effect.status)} />
            </li>
          ))}
        </ul>
      )}
    </SectionCard>
  );
}
