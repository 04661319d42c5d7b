import type { BillingOwner } from "@/lib/db/billing-customers";
import type { Database } from "@/lib/db/client";
import { knownBusinessKeys } from "@/lib/db/outbox";
import { enqueueMail } from "@/lib/outbox/enqueue";
import { renderMail } from "@/lib/outbox/render-mail";
import { type DueMail, stillNews } from "./due-mails";

/**
 * Renders for every owner what is news and not in the outbox yet, before the transaction; the answer enqueues it inside.
 * The business key, not this look-up, makes it once only: further owners have keys of their own, which stay theirs
 * whoever comes and goes before them.
 */
export async function prepareMails(
  due: readonly DueMail[],
  { workspaceId, owners }: Pick<BillingOwner, "workspaceId" | "owners">,
): Promise<(tx: Database) => Promise<void>> {
  const wanted = stillNews(due, new Date()).flatMap(({ businessKey, mail }) =>
    owners.map(({ userId, email: to }, index) => ({
      businessKey: index === 0 ? businessKey : `${businessKey}:${userId}`,
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
