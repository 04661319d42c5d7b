/** Whether claims and the operator's lists take as long in a table of five million rows as in one of ten thousand. */
import { createHash } from "node:crypto";
import type { MailFilter } from "@/lib/db/mail-console";
import type { startBackend } from "@/tests/support/backend";
import { median } from "./load";

type Backend = Awaited<ReturnType<typeof startBackend>>;
type Case = readonly [name: string, run: () => Promise<unknown>];

const SIZES = [10_000, 5_000_000] as const;
const AT_MOST = 1.5;
/** What is shorter than this is told apart by the machine's mood alone. */
const NOISE_MS = 0.3;
/** Of both sizes, so many wait, and so many were given up. */
const WAITING = 500;
const DEAD = 100;
const WARM_UP = 20;
const BATCHES = 5;
const RUNS = 30;
const MAILS_A_PAGE = 50;
/** A lease that is over when it begins: the next claim finds the same rows. */
const NO_LEASE_MS = -1;

const TYPES = `ARRAY['customer.subscription.updated', 'customer.subscription.created', 'invoice.paid', 'invoice.updated',
  'checkout.session.completed', 'customer.updated', 'product.updated', 'email.delivered']`;
const stateOf = (done: string) =>
  `(CASE WHEN n <= ${WAITING} THEN 'PENDING' WHEN n <= ${WAITING + DEAD} THEN 'DEAD' ELSE '${done}' END)`;

/** Twenty-five rows for each object, workspace and address; the oldest are 90 days old, and the mix is the same all along. */
const FILL = {
  webhook_event: `
    INSERT INTO webhook_event (id, provider, account, external_id, type, mode, api_version, object_id, workspace_id,
                               payload, status, occurred_at, received_at, processed_at, next_attempt_at)
    SELECT gen_random_uuid(), (ARRAY['stripe', 'resend', 'sendgrid'])[1 + n % 3], '', 'evt_bench_' || n,
           (${TYPES})[1 + n % 8], 'SANDBOX', '2026-10-28.endive', 'sub_' || n / 25, md5((n / 25)::text)::uuid, '{}',
           ${stateOf("DONE")}::webhook_event_status, at, at, at, at
      FROM (SELECT n, now() - interval '90 days' * (n::float8 / $1::int) AS at
              FROM generate_series(1, $1::int) AS n) AS row`,
  outbox_message: `
    INSERT INTO outbox_message (id, kind, mode, business_key, workspace_id, recipient, subject, category, payload,
                                status, provider, external_id, delivery, created_at, sent_at, next_attempt_at)
    SELECT gen_random_uuid(), 'EMAIL', 'SANDBOX', 'bench:' || n, md5((n / 25)::text)::uuid,
           'owner-' || n / 25 || '@example.com', 'A subject', (ARRAY['receipt', 'welcome', 'payment-failed'])[1 + n % 3],
           '{}', ${stateOf("SENT")}::outbox_status, CASE WHEN n > ${WAITING} THEN 'resend' END,
           CASE WHEN n > ${WAITING} THEN 'mail-' || n END,
           (CASE WHEN n > ${WAITING} THEN 'DELIVERED' ELSE 'UNKNOWN' END)::delivery_state, at, at, at
      FROM (SELECT n, now() - interval '90 days' * (n::float8 / $1::int) AS at
              FROM generate_series(1, $1::int) AS n) AS row`,
} as const;

/** Without its indexes while it grows: each is made once, in one go. */
async function fill(backend: Backend, table: keyof typeof FILL, rows: number): Promise<void> {
  await backend.rows(`TRUNCATE ${table} CASCADE`);
  const indexes = await backend.rows<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
      WHERE tablename = $1 AND indexname NOT IN (SELECT conname FROM pg_constraint)`,
    [table],
  );
  for (const { name } of indexes) await backend.rows(`DROP INDEX "${name}"`);
  await backend.rows(FILL[table], [rows]);
  for (const { definition } of indexes) await backend.rows(definition);
  await backend.rows(`VACUUM (ANALYZE) ${table}`);
}

async function webhookCases(rows: number): Promise<Case[]> {
  const { listWebhooks } = await import("@/lib/db/webhook-console");
  const { NO_FILTER } = await import("@/lib/db/webhook-filter");
  const { claimWebhookEvents } = await import("@/lib/db/webhook-claims");
  const object = Math.floor(rows / 50);
  const workspaceId = uuidOf(object);
  const list = (filter: object) => () => listWebhooks({ ...NO_FILTER, ...filter }, { kind: "newest" });
  return [
    ["claim of events", () => claimWebhookEvents(5, NO_LEASE_MS)],
    ["events, newest", list({})],
    ["events, from the middle on", () => listWebhooks(NO_FILTER, { kind: "older", than: inTheMiddle() })],
    ["events by status, dead", list({ status: "dead" })],
    ["events by status, done", list({ status: "done" })],
    ["events by provider", list({ provider: "resend" })],
    ["events by type", list({ type: "invoice.paid" })],
    ["events by object", list({ objectId: `sub_${object}` })],
    ["events by workspace", list({ workspaceId })],
  ];
}

async function mailCases(rows: number): Promise<Case[]> {
  const { listMails } = await import("@/lib/db/mail-console");
  const { claimOutboxMessages } = await import("@/lib/db/outbox");
  const nothing = { status: null, delivery: null, category: null, recipient: null, provider: null } as const;
  const none: MailFilter = {
    ...nothing,
    ...{ kinds: ["email"], workspaceId: null, reference: null, from: null, until: null },
  };
  const object = Math.floor(rows / 50);
  const workspaceId = uuidOf(object);
  const list = (filter: Partial<MailFilter>) => () =>
    listMails({ ...none, ...filter }, { kind: "newest" }, MAILS_A_PAGE);
  return [
    ["claim of messages", () => claimOutboxMessages(5, NO_LEASE_MS)],
    ["mails, newest", list({})],
    [
      "mails, from the middle on",
      () => listMails(none, { kind: "older", than: inTheMiddle() }, MAILS_A_PAGE),
    ],
    ["mails by status, dead", list({ status: "dead" })],
    ["mails by status, sent", list({ status: "sent" })],
    ["mails by template", list({ category: "receipt" })],
    ["mails by address", list({ recipient: `owner-${object}@example.com` })],
    ["mails by workspace", list({ workspaceId })],
  ];
}

const inTheMiddle = () => ({
  at: new Date(Date.now() - 45 * 24 * 60 * 60 * 1_000),
  id: "ffffffff-ffff-4fff-bfff-ffffffffffff",
});

/** As the tables were filled. */
function uuidOf(object: number): string {
  const hex = createHash("md5").update(String(object)).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Milliseconds: the best of some medians, so that whatever else the machine does is left out. */
async function measure(run: () => Promise<unknown>): Promise<number> {
  for (let index = 0; index < WARM_UP; index += 1) await run();
  const medians: number[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const times: number[] = [];
    for (let index = 0; index < RUNS; index += 1) {
      const since = performance.now();
      await run();
      times.push(performance.now() - since);
    }
    medians.push(median(times));
  }
  return Math.min(...medians);
}

/** @param sizes rows of each table: few, then many */
export async function benchClaims(
  backend: Backend,
  sizes: readonly [number, number] = SIZES,
): Promise<string[]> {
  const measured = new Map<string, number[]>();
  for (const rows of sizes) {
    for (const table of ["webhook_event", "outbox_message"] as const) await fill(backend, table, rows);
    for (const [name, run] of [...(await webhookCases(rows)), ...(await mailCases(rows))])
      measured.set(name, [...(measured.get(name) ?? []), await measure(run)]);
  }
  const [few, many] = sizes.map((rows) => rows.toLocaleString("en-US"));
  const isSlow = ([small = 0, large = 0]: readonly number[]) =>
    large > small * AT_MOST && large - small > NOISE_MS;
  const lines = [
    `| statement | ms at ${few} rows | ms at ${many} rows | ratio (at most ${AT_MOST}) |`,
    "|---|---|---|---|",
    ...[...measured].map(([name, [small = 0, large = 0]]) => {
      return `| ${name} | ${small.toFixed(2)} | ${large.toFixed(2)} | ${(large / small).toFixed(2)} |`;
    }),
  ];
  if ([...measured.values()].some(isSlow)) throw new Error(lines.join("\n"));
  return lines;
}
