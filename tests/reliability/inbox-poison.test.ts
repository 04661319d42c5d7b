/** Guards the neighbours of an event that fails whenever it is handled: it is given up in the end, and holds up nobody. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { inboxOf } from "@/tests/support/reliability-inbox";
import { newsOf, seedSubscriptions, signedDelivery } from "@/tests/support/reliability-vendor";
import { startWorker, type Worker } from "@/tests/support/reliability-workers";

const HEALTHY = 60;
const POISONED = 10;
/** Between one event and the next. */
const STEP_MS = 20;
const ATTEMPTS = 4;
/** What a busy machine is given; the bench holds it to 10 %. */
const SLACK = { times: 2, ms: 500 };

const backend = await startBackend();
const inbox = await inboxOf(backend);
let worker: Worker;
let healthy: string[];
let poisoned: string[];

beforeAll(async () => {
  const ids = await seedSubscriptions(backend, {
    objects: HEALTHY + POISONED,
    events: HEALTHY + POISONED,
    seed: 1,
  });
  healthy = ids.slice(0, HEALTHY);
  poisoned = ids.slice(HEALTHY);
  worker = await startWorker();
  worker.run();
});
afterAll(async () => {
  await worker?.stop();
  await backend.stop();
});

const moment = () => new Promise((resolve) => setTimeout(resolve, STEP_MS));
const send = (subscriptionId: string) => inbox.receive(signedDelivery(newsOf(subscriptionId)));

/** One event each at a steady pace. Gives the 95th percentile of the milliseconds from its receipt to its effect. */
async function paceOf(meanwhile: () => Promise<void>): Promise<number> {
  const [{ now } = { now: new Date() }] = await backend.rows<{ now: Date }>("SELECT now()");
  for (const id of healthy) {
    await send(id);
    await meanwhile();
    await moment();
  }
  const waits = () =>
    backend.rows<{ ms: number | null }>(
      `SELECT EXTRACT(EPOCH FROM processed_at - received_at)::float8 * 1000 AS ms FROM webhook_event
        WHERE received_at >= $1 AND object_id = ANY($2) ORDER BY 1`,
      [now, healthy],
    );
  const done = await eventually("all of them to be applied", async () => {
    const all = await waits();
    return all.length === HEALTHY && all.every(({ ms }) => ms !== null) && all;
  });
  return done[Math.floor(done.length * 0.95)]?.ms ?? Number.NaN;
}

test("the others are applied as soon as without it, and it is given up after its attempts", async () => {
  const alone = await paceOf(async () => undefined);
  for (const id of poisoned)
    await backend.addFault({
      vendor: "stripe",
      kind: "status",
      status: 400,
      route: `GET /v1/subscriptions/${id}`,
    });
  for (const id of poisoned) await send(id);
  const beside = await paceOf(async () => {
    // However often it has failed, it is due again.
    await backend.rows("UPDATE webhook_event SET next_attempt_at = now() WHERE object_id = ANY($1)", [
      poisoned,
    ]);
  });
  expect(beside).toBeLessThan(alone * SLACK.times + SLACK.ms);

  await eventually("enough attempts", async () => {
    await backend.rows(
      `UPDATE webhook_event SET next_attempt_at = now()
        WHERE object_id = ANY($1) AND attempts < $2`,
      [poisoned, ATTEMPTS],
    );
    const rows = await backend.rows<{ attempts: number }>(
      "SELECT attempts FROM webhook_event WHERE object_id = ANY($1) AND status = 'PENDING' AND attempts < $2",
      [poisoned, ATTEMPTS],
    );
    return rows.length === 0;
  });
  // Three days later.
  await backend.rows(
    `UPDATE webhook_event SET received_at = received_at - interval '73 hours', next_attempt_at = now()
      WHERE object_id = ANY($1)`,
    [poisoned],
  );
  const dead = await eventually("all of them to be given up", async () => {
    const rows = await backend.rows<{ failures: number; last: number; attempts: number }>(
      `SELECT attempts, (SELECT count(*)::int FROM failed_attempt WHERE work_id = event.id) AS failures,
              (SELECT count(*)::int FROM failed_attempt WHERE work_id = event.id AND is_last) AS last
         FROM webhook_event AS event WHERE object_id = ANY($1) AND status = 'DEAD'`,
      [poisoned],
    );
    return rows.length === POISONED && rows;
  });
  for (const { failures, last, attempts } of dead) {
    expect(attempts).toBeGreaterThan(ATTEMPTS);
    expect(failures).toBe(attempts);
    expect(last).toBe(1);
  }
});
