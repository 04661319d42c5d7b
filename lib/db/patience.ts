/** Since when work is tried: since it came into being, or since it was done again, by an operator or out of quarantine. */

/** What stands in the audit log under the id of what was done again. */
export const REPLAYED = { webhook_event: "webhook.replayed", outbox_message: "mail.replayed" } as const;

/**
 * As SQL, about a row of a statement: how long it is tried for is measured from then. Without it, what was given up
 * would be given up again at its first failure. Nearly no row was ever done again, so nearly none is looked for.
 * @param alias of the row in the statement
 * @param bornAt the column that says when it came into being
 */
export function patienceBegan(
  table: keyof typeof REPLAYED,
  alias: string,
  bornAt: "received_at" | "created_at",
): string {
  const born = `${alias}.${bornAt}`;
  return `CASE WHEN ${alias}.replays = 0 THEN ${born}
               ELSE COALESCE((SELECT MAX(audit_log.created_at) FROM audit_log
                               WHERE audit_log.event_id = ${alias}.id AND audit_log.action = '${REPLAYED[table]}'),
                             ${born}) END`;
}
