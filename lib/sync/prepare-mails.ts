import type { BillingOwner } from "@/lib/db/billing-customers";
import type { Database } from "@/lib/db/client";
import { knownBusinessKeys } from "@/lib/db/outbox";
import { enqueueMail } from "@/lib/outbox/enqueue";
import { renderMail } from "@/lib/outbox/render-mail";
import type { DueMail } from "./due-mails";

/**
 * Renders for every owner what is not in the outbox yet, before the transaction; the answer enqueues it inside. The business key,
 * not this look-up, makes it once only.
 */
export async function prepareMails(
  due: readonly DueMail[],
  { workspaceId, ownerEmails }: Pick<BillingOwner, "workspaceId" | "ownerEmails">,
): Promise<(tx: Database) => Promise<void>> {
  const wanted = due.flatMap(({ businessKey, mail }) =>
    ownerEmails.map((to, index) => ({
      businessKey: index === 0 ? businessKey : `${businessKey}:${index}`,
      mail,
      to,
    })),
  );
  const known = await knownBusinessKeys(wanted.map(({ businessKey }) => businessKey));
  const rendered = await Promise.all(
    wanted
      .filter(({ businessKey }) => !known.has(businessKey))
      .map(async ({ businessKey, mail, to }) => ({ businessKey, mail: await renderMail(mail, to) })),
  );
  return async (tx) => {
    for (const one of rendered) await enqueueMail(tx, { ...one, workspaceId });
  };
}
