/** What is there after a storm, against what the vendors say. */
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";
import type { startBackend } from "./backend";

type Backend = Awaited<ReturnType<typeof startBackend>>;

export interface StormVerdict {
  objects: number;
  /** Subscriptions whose every field is the vendor's. */
  right: number;
  /** The first few that are not: ours beside the vendor's. */
  wrong: string[];
  events: number;
  /** Events that were told, and are not there as done. */
  lost: number;
  mails: number;
  /** Mails that reached the vendor more than once, by their business key. */
  mailsTwice: number;
  /** Mails that the state calls for or that are marked sent, and that the vendor does not have. */
  mailsLost: number;
  /** Subscriptions that were ended and given back as the second of their workspace. */
  refunds: number;
  refundsTwice: number;
  /** Workspaces that still pay twice. */
  payingTwice: number;
}

const WRONG_SHOWN = 5;

type Row = Record<string, unknown> & { id: string };

function ofVendor(snapshot: SubscriptionSnapshot): Row {
  const { id, planKey, quantity, unitAmount, cancelAtPeriodEnd } = snapshot;
  return {
    id,
    status: snapshot.status.toUpperCase(),
    planKey,
    interval: snapshot.interval?.toUpperCase() ?? null,
    quantity,
    unitAmount,
    cancelAtPeriodEnd,
    currentPeriodStart: snapshot.currentPeriodStart,
    currentPeriodEnd: snapshot.currentPeriodEnd,
    cancelAt: snapshot.cancelAt,
    canceledAt: snapshot.canceledAt,
    endedAt: snapshot.endedAt,
  };
}

const ourRows = (backend: Backend) =>
  backend.rows<Row>(
    `SELECT external_id AS id, status, plan_key AS "planKey", interval, quantity, unit_amount AS "unitAmount",
            cancel_at_period_end AS "cancelAtPeriodEnd", current_period_start AS "currentPeriodStart",
            current_period_end AS "currentPeriodEnd", cancel_at AS "cancelAt", canceled_at AS "canceledAt",
            ended_at AS "endedAt" FROM subscription`,
  );

async function vendorSnapshots(): Promise<Map<string, SubscriptionSnapshot>> {
  const { payments } = await import("@/lib/integrations/payments");
  const all = new Map<string, SubscriptionSnapshot>();
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page = await payments().listSubscriptionsPage({ cursor });
    for (const snapshot of page.items) all.set(snapshot.id, snapshot);
    cursor = page.next;
  }
  return all;
}

async function countLost(backend: Backend, told: ReadonlySet<string>): Promise<number> {
  const done = await backend.rows<{ id: string }>(
    "SELECT external_id AS id FROM webhook_event WHERE status = 'DONE'",
  );
  const ids = new Set(done.map(({ id }) => id));
  return [...told].filter((id) => !ids.has(id)).length;
}

/** The vendor repeats the key under which it was handed a mail: our row, which has one business key. */
async function judgeMails(backend: Backend, endedIds: readonly string[]) {
  const mails = await backend.mails("");
  const rows = await backend.rows<{ id: string; businessKey: string; status: string }>(
    `SELECT id, business_key AS "businessKey", status FROM outbox_message WHERE kind = 'EMAIL'`,
  );
  const taken = new Set(mails.map(({ idempotency_key }) => idempotency_key));
  const keys = new Set(rows.filter(({ id }) => taken.has(id)).map(({ businessKey }) => businessKey));
  const notTaken = rows.filter(({ id, status }) => status !== "SENT" || !taken.has(id)).length;
  const notCalledFor = endedIds.filter((id) => !keys.has(`subscription-ended:${id}`)).length;
  return { mails: mails.length, mailsTwice: mails.length - keys.size, mailsLost: notTaken + notCalledFor };
}

async function judgeRefunds({ stripe }: Backend) {
  const refunds = await stripe.refunds.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
  const payments = new Set(refunds.map(({ payment_intent }) => String(payment_intent)));
  return { refunds: refunds.length, refundsTwice: refunds.length - payments.size };
}

/** @param told the ids of all events that were delivered at least once */
export async function judgeStorm(
  backend: Backend,
  { subscriptionIds, told }: { subscriptionIds: readonly string[]; told: ReadonlySet<string> },
): Promise<StormVerdict> {
  const vendor = await vendorSnapshots();
  const ours = new Map((await ourRows(backend)).map((row) => [row.id, JSON.stringify(row)]));
  const snapshots = subscriptionIds.flatMap((id) => vendor.get(id) ?? []);
  const wrong = snapshots.filter((snapshot) => ours.get(snapshot.id) !== JSON.stringify(ofVendor(snapshot)));

  const byWorkspace = new Map<string | null, SubscriptionSnapshot[]>();
  for (const snapshot of snapshots) {
    const { workspaceId } = snapshot;
    byWorkspace.set(workspaceId, [...(byWorkspace.get(workspaceId) ?? []), snapshot]);
  }
  const isOver = ({ status }: SubscriptionSnapshot) => status === "canceled";
  const alone = [...byWorkspace.values()].filter(({ length }) => length === 1).flat();
  const live = [...byWorkspace.values()].map((all) => all.filter((one) => !isOver(one)).length);
  return {
    objects: subscriptionIds.length,
    right: snapshots.length - wrong.length,
    wrong: wrong
      .slice(0, WRONG_SHOWN)
      .map((snapshot) => `${ours.get(snapshot.id)} is ${JSON.stringify(ofVendor(snapshot))}`),
    events: told.size,
    lost: await countLost(backend, told),
    ...(await judgeMails(
      backend,
      alone.filter(isOver).map(({ id }) => id),
    )),
    ...(await judgeRefunds(backend)),
    payingTwice: live.filter((count) => count > 1).length,
  };
}
