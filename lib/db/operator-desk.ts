/** What lies on an operator's desk besides the breakers: work that waits, webhooks that came, alerts that were told. */
import { db } from "./client";
import { emailModeColumn, scopeColumns } from "./scope";

/** Rows that wait to be worked on. */
export interface Waiting {
  count: number;
  oldestAt: Date | null;
}

export interface AlertView {
  cause: string;
  severity: "warning" | "critical";
  summary: string;
  toldAt: Date;
  lastSeenAt: Date;
  /** Since it was last told. */
  seen: number;
}

export interface OperatorDesk {
  events: Waiting;
  mails: Waiting;
  /** When the last webhook of a provider came; only of those that sent one within the last month. */
  lastWebhooks: { provider: string; at: Date }[];
  /** The latest seen first. */
  alerts: AlertView[];
}

const ALERTS_SHOWN = 10;

interface DeskRow {
  part: "events" | "mails" | "webhook" | "alert";
  /** The provider, or the alert's cause. */
  name: string;
  at: Date | null;
  count: number;
  severity: AlertView["severity"];
  summary: string;
  lastSeenAt: Date;
}

/**
 * All of it in one statement. What another mode left in the tables is not counted: this process will never work on it.
 * @param webhookProviders whose webhooks are asked for
 */
export async function getOperatorDesk(webhookProviders: readonly string[]): Promise<OperatorDesk> {
  const { provider: paymentsProvider, mode } = scopeColumns();
  const mailMode = emailModeColumn();
  const rows = await db().$queryRaw<DeskRow[]>`
    SELECT 'events' AS part, '' AS name, MIN(received_at) AS at, COUNT(*)::int AS count,
           '' AS severity, '' AS summary, NULL::timestamptz AS "lastSeenAt"
      FROM webhook_event
     WHERE status = 'PENDING'
       AND mode = CASE provider WHEN ${paymentsProvider} THEN ${mode}::provider_mode ELSE ${mailMode}::provider_mode END
    UNION ALL
    SELECT 'mails', '', MIN(created_at), COUNT(*)::int, '', '', NULL
      FROM outbox_message
     WHERE status = 'PENDING' AND kind = 'EMAIL' AND mode = ${mailMode}::provider_mode
    UNION ALL
    SELECT 'webhook', asked.provider, latest.received_at, 0, '', '', NULL
      FROM unnest(${[...webhookProviders]}::text[]) AS asked (provider)
     CROSS JOIN LATERAL (SELECT event.received_at FROM webhook_event AS event
                          WHERE event.provider = asked.provider AND event.received_at > now() - interval '30 days'
                          ORDER BY event.received_at DESC LIMIT 1) AS latest
    UNION ALL
    (SELECT 'alert', cause, told_at, seen, lower(severity::text), summary, last_seen_at
       FROM alert ORDER BY last_seen_at DESC LIMIT ${ALERTS_SHOWN})`;
  return toDesk(rows);
}

function toDesk(rows: readonly DeskRow[]): OperatorDesk {
  const waiting = (part: DeskRow["part"]): Waiting => {
    const row = rows.find((one) => one.part === part);
    return { count: row?.count ?? 0, oldestAt: row?.at ?? null };
  };
  return {
    events: waiting("events"),
    mails: waiting("mails"),
    lastWebhooks: rows.flatMap(({ part, name, at }) =>
      part === "webhook" && at !== null ? [{ provider: name, at }] : [],
    ),
    alerts: rows.flatMap(({ part, name, at, count, severity, summary, lastSeenAt }) =>
      part === "alert" && at !== null
        ? [{ cause: name, severity, summary, toldAt: at, lastSeenAt, seen: count }]
        : [],
    ),
  };
}
