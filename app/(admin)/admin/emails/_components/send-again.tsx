import Link from "next/link";
import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import { ConfirmAction } from "@/components/forms/confirm-action";
import type { Confirmation } from "@/components/forms/confirm-form";
import { SectionCard } from "@/components/ui/card";
import type { MailLife } from "@/lib/db/mail-life";
import { type AgainKind, againOf } from "../_view/again";
import { replayMailAction, resendMailAction } from "../actions";

const LINK = "underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink";

const TRIGGERS: Record<AgainKind, string> = { replay: "Replay", resend: "Send again" };

const NOTED = <p>It is noted in the audit log under your name.</p>;

function confirmationOf(kind: AgainKind, life: MailLife): Confirmation<undefined> {
  const { id, resentAs } = life;
  const common = { confirmLabel: TRIGGERS[kind], keepLabel: "Leave it" };
  switch (kind) {
    case "replay":
      return {
        ...common,
        title: "Replay this message?",
        description: (
          <>
            <p>
              It goes out as soon as it can, and is tried for up to three days. It stays the same message.
            </p>
            {NOTED}
          </>
        ),
        pendingLabel: "Asking…",
        fields: { id },
        action: replayMailAction,
      };
    case "resend":
      return {
        ...common,
        title: "Send this mail again?",
        description: (
          <>
            <p className="[overflow-wrap:anywhere]">
              Another mail of the same words goes to {life.recipient ?? "the same address"}, unless the
              address is suppressed.
            </p>
            {NOTED}
          </>
        ),
        pendingLabel: "Sending…",
        fields: { id, seenResends: String(resentAs.length) },
        action: resendMailAction,
      };
    default:
      return kind satisfies never;
  }
}

/** What `?confirm=` asks for; null where that cannot be done. */
export function askedAgain(kind: unknown, life: MailLife): Confirmation<undefined> | null {
  const asked = againOf(life)?.kinds.find((one) => one === kind);
  return asked === undefined ? null : confirmationOf(asked, life);
}

/** Where its copies are, and what it is a copy of. */
function Copies({ life: { resentAs, resentFrom } }: { life: MailLife }) {
  return (
    <>
      {resentFrom === null ? null : (
        <p>
          Sent again by an operator:{" "}
          <Link href={`/admin/emails/${resentFrom}`} prefetch={false} className={LINK}>
            the mail that it repeats
          </Link>
        </p>
      )}
      {resentAs.map((id, index) => (
        <p key={id}>
          <Link href={`/admin/emails/${id}`} prefetch={false} className={LINK}>
            {resentAs.length === 1 ? "The mail that it was sent again as" : `Sent again, time ${index + 1}`}
          </Link>
        </p>
      ))}
    </>
  );
}

/** What an operator can do about a message, or why there is nothing to do. */
export function SendAgain({ life }: { life: MailLife }) {
  const again = againOf(life);
  if (again === null && life.resentAs.length === 0 && life.resentFrom === null) return null;
  return (
    <SectionCard id="again" title="Once more">
      <div className="max-w-3xl space-y-4 text-sm">
        {again === null ? null : <p>{again.words}</p>}
        {life.status === "suppressed" && life.recipient !== null ? (
          <p>
            <Link
              href={addressOf("/admin/emails/suppressions", { address: life.recipient })}
              prefetch={false}
              className={LINK}
            >
              Why the address is suppressed
            </Link>
          </p>
        ) : null}
        <Copies life={life} />
        {again === null || again.kinds.length === 0 ? null : (
          <div className="flex flex-wrap gap-2">
            {again.kinds.map((kind) => (
              <ConfirmAction
                key={kind}
                {...confirmationOf(kind, life)}
                href={`/admin/emails/${life.id}?confirm=${kind}`}
                trigger={TRIGGERS[kind]}
                afterwards="facts-heading"
              />
            ))}
          </div>
        )}
      </div>
    </SectionCard>
  );
}
