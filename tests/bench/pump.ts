/** How fast the inbox is worked off by one, two and four processes, and how long one event takes, with and without poison. */
import type { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { inboxOf } from "@/tests/support/reliability-inbox";
import { newsOf, seedSubscriptions, signedDelivery } from "@/tests/support/reliability-vendor";
import { startWorker, type Worker } from "@/tests/support/reliability-workers";
import { median, percentile } from "./load";

type Backend = Awaited<ReturnType<typeof startBackend>>;
type Inbox = Awaited<ReturnType<typeof inboxOf>>;

const OBJECTS = 2_000;
const CREWS = [1, 2, 4] as const;
const ROUNDS = 8;
/** Of the whole crew: a process that has handled a few hundred objects only is still being compiled. */
const WARM_UP_ROUNDS = 6;
/** What four processes on two cores may lose to two. */
const LEAST_SHARE = 0.9;

const PER_SECOND = 40;
const STEADY_SECONDS = 15;
const STEADY_ROUNDS = 4;
const POISONED = 20;
const P95_AT_MOST_MS = 2_000;
const POISON_AT_MOST = 1.1;

const forSome = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function fill(inbox: Inbox, ids: readonly string[]): Promise<void> {
  const queue = ids.values();
  const sender = async () => {
    for (const id of queue) await inbox.receive(signedDelivery(newsOf(id)));
  };
  await Promise.all(Array.from({ length: 8 }, sender));
}

/** One event for each object is there; the workers begin together. Gives objects a second. */
async function throughput(inbox: Inbox, workers: readonly Worker[], ids: readonly string[]): Promise<number> {
  await fill(inbox, ids);
  for (const worker of workers) worker.run();
  const milliseconds = await inbox.allDone(300_000);
  await Promise.all(workers.map((worker) => worker.rest()));
  return ids.length / (milliseconds / 1_000);
}

async function benchThroughput(inbox: Inbox, crew: readonly Worker[], ids: readonly string[]) {
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await throughput(inbox, crew, ids);
  const rates = new Map<number, number[]>(CREWS.map((size) => [size, []]));
  // Each in its turn belongs to the smaller crews: a process that has handled more than the others is faster.
  let first = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const size of CREWS) {
      const some = [...crew, ...crew].slice(first, first + size);
      first = (first + size) % crew.length;
      rates.get(size)?.push(await throughput(inbox, some, ids));
    }
  }
  return CREWS.map((size) => ({ size, rate: median(rates.get(size) ?? []) }));
}

/** Milliseconds from the commit of an event to that of its effect, at a steady pace; the shortest first. */
async function latencies(backend: Backend, inbox: Inbox, ids: readonly string[]): Promise<number[]> {
  const [clock] = await backend.rows<{ now: Date }>("SELECT now()");
  const startedAt = performance.now();
  const count = PER_SECOND * STEADY_SECONDS;
  for (let sent = 0; sent < count; sent += 1) {
    const dueMs = (sent * 1_000) / PER_SECOND - (performance.now() - startedAt);
    if (dueMs > 0) await forSome(dueMs);
    await inbox.receive(signedDelivery(newsOf(ids[sent % ids.length] ?? "")));
  }
  const rows = await eventually("all of them to be applied", async () => {
    const all = await backend.rows<{ ms: number | null }>(
      `SELECT EXTRACT(EPOCH FROM processed_at - received_at)::float8 * 1000 AS ms FROM webhook_event
        WHERE received_at >= $1 AND object_id = ANY($2) ORDER BY 1`,
      [clock?.now, ids],
    );
    return all.every(({ ms }) => ms !== null) && all;
  });
  return rows.map(({ ms }) => ms ?? Number.NaN);
}

/** With and without events that fail whenever they are tried, in turns. */
async function benchPoison(backend: Backend, inbox: Inbox, ids: readonly string[]) {
  const poisoned = ids.slice(0, POISONED);
  const healthy = ids.slice(POISONED);
  for (const id of poisoned)
    await backend.addFault({
      vendor: "stripe",
      kind: "status",
      status: 400,
      route: `GET /v1/subscriptions/${id}`,
    });
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < STEADY_ROUNDS; round += 1) {
    alone.push(...(await latencies(backend, inbox, healthy)));
    await fill(inbox, poisoned);
    beside.push(...(await latencies(backend, inbox, healthy)));
    await backend.rows("DELETE FROM webhook_event WHERE object_id = ANY($1)", [poisoned]);
  }
  const p95 = (values: number[]) =>
    percentile(
      values.sort((a, b) => a - b),
      0.95,
    );
  return { alone: p95(alone), beside: p95(beside), count: alone.length };
}

export async function benchPump(backend: Backend): Promise<string[]> {
  const inbox = await inboxOf(backend);
  const ids = await seedSubscriptions(backend, { objects: OBJECTS, events: OBJECTS, seed: 2 });
  const crew = await Promise.all(Array.from({ length: Math.max(...CREWS) }, () => startWorker()));
  try {
    const rates = await benchThroughput(inbox, crew, ids);
    for (const worker of crew.slice(0, 2)) worker.run();
    const { alone, beside, count } = await benchPoison(backend, inbox, ids);
    const rateOf = (size: number) => rates.find((one) => one.size === size)?.rate ?? 0;
    const lines = [
      `${OBJECTS} objects with an event each, the sandbox on the same cores, median of ${ROUNDS} rounds:`,
      ...rates.map(
        ({ size, rate }) => `${size} process${size === 1 ? "" : "es"}: ${rate.toFixed(0)} objects/s`,
      ),
      `commit to applied at ${PER_SECOND} events/s, two processes, ${count} events: p95 ${alone.toFixed(0)} ms (at most ${P95_AT_MOST_MS})`,
      `beside ${POISONED} events that fail at each attempt: p95 ${beside.toFixed(0)} ms (at most 10 % more)`,
    ];
    const isRight =
      rateOf(4) >= LEAST_SHARE * Math.max(rateOf(1), rateOf(2)) &&
      alone <= P95_AT_MOST_MS &&
      beside <= alone * POISON_AT_MOST;
    if (!isRight) throw new Error(lines.join("\n"));
    return lines;
  } finally {
    await backend.clearFaults();
    await Promise.all(crew.map((worker) => worker.stop()));
  }
}
