import { formatMoment } from "@/app/(admin)/admin/_view/format";
import { SectionCard } from "@/components/ui/card";
import { redactPayload } from "../_view/redact-payload";

/** More than anybody reads; ingress takes half a mebibyte. */
const LONGEST = 60_000;

/** What came, without what is personal in it. Nothing here relies on it: it is a hint at what to read. */
export function PayloadCard({ payload, prunedAt }: { payload: unknown; prunedAt: Date | null }) {
  const isThere = payload !== null && payload !== undefined;
  const text = isThere ? JSON.stringify(redactPayload(payload), null, 2) : "";
  return (
    <SectionCard
      id="payload"
      title="Payload"
      description="Ids, types, states, amounts and times. Names, addresses, cards, texts and links are hidden."
    >
      {isThere ? (
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
          tabIndex={0}
          aria-label="Payload as JSON"
          className="max-h-[32rem] overflow-auto rounded-lg border bg-sunken p-4"
        >
          <pre className="font-mono text-[0.8125rem] leading-relaxed">
            {text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… and more` : text}
          </pre>
        </section>
      ) : (
        <p className="text-sm text-muted">
          {prunedAt === null
            ? "There is none."
            : `The payload was pruned on ${formatMoment(prunedAt)}, as the setting for retention says. The event can be replayed all the same.`}
        </p>
      )}
    </SectionCard>
  );
}
