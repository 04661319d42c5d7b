/**
 * The storm that the inbox is measured by: many subscriptions whose vendor goes on changing them, every event delivered
 * one to five times in random order, worker processes killed at random moments all the while. Afterwards everything is
 * counted against what the vendors say. The suite runs a small one, `npm run bench -- inbox` the large one.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { startBackend } from "./backend";
import { startCrew } from "./reliability-crew";
import { inboxOf } from "./reliability-inbox";
import {
  changeSubscription,
  eventReader,
  type ListedEvent,
  seedSubscriptions,
  signedDelivery,
} from "./reliability-vendor";
import { judgeStorm, type StormVerdict } from "./reliability-verdict";
import { randomFrom } from "./signed-webhooks";

type Backend = Awaited<ReturnType<typeof startBackend>>;
type Inbox = Awaited<ReturnType<typeof inboxOf>>;

export interface StormSettings {
  objects: number;
  /** In all, with those of the changes. */
  events: number;
  /** That customers make while events come in. */
  changes: number;
  workers: number;
  kills: number;
  seed: number;
  /** Whether the leases that the last killed workers held end at once in the end, instead of after a minute. */
  hastened: boolean;
}

export interface StormResult extends StormVerdict {
  deliveries: number;
  kills: number;
  /** Events that took more than one attempt: nearly always, because their worker was killed. */
  triedAgain: number;
  seconds: number;
}

const COPIES_AT_MOST = 5;
/** Requests at a time, as a vendor sends them. */
const SENDERS = 16;
const CHANGERS = 2;
const SENT_AGAIN_MS = 1_000;
const FIRST_ROUND_MS = 500;
const PATIENCE_MS = 600_000;

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}

/** Does them all, so many at a time. */
async function each<T>(
  values: readonly T[],
  atOnce: number,
  act: (value: T) => Promise<void>,
): Promise<void> {
  const queue = values.values();
  const runner = async () => {
    for (const value of queue) await act(value);
  };
  await Promise.all(Array.from({ length: atOnce }, runner));
}

/** What is delivered when: in rounds, with one kill in each. */
function createPlan(count: number, random: () => number) {
  const rounds: ListedEvent[][] = Array.from({ length: count }, () => []);
  const told = new Set<string>();
  return {
    told,
    of: (round: number) => shuffled(rounds[round] ?? [], random),
    /** Each event one to five times, each time in any of the rounds from `from` on. */
    add: (events: readonly ListedEvent[], from: number) => {
      for (const event of events) {
        told.add(event.id);
        const copies = 1 + Math.floor(random() * COPIES_AT_MOST);
        for (let copy = 0; copy < copies; copy += 1) {
          const round = Math.min(from + Math.floor(random() * (count - from)), count - 1);
          rounds[round]?.push(event);
        }
      }
    },
  };
}

/** All of the subscriptions in turn, evenly over the rounds. */
function changesOfRound(
  changed: readonly string[],
  { changes, kills }: StormSettings,
  round: number,
): string[] {
  const from = Math.floor((changes * round) / kills);
  const count = Math.floor((changes * (round + 1)) / kills) - from;
  return Array.from({ length: count }, (_, index) => changed[(from + index) % changed.length] ?? "");
}

export async function runStorm(backend: Backend, settings: StormSettings): Promise<StormResult> {
  const { kills, seed } = settings;
  const inbox = await inboxOf(backend);
  const readEvents = eventReader(backend);
  await readEvents();
  const seeded = { ...settings, events: settings.events - settings.changes };
  const subscriptionIds = await seedSubscriptions(backend, seeded);
  const plan = createPlan(kills, randomFrom(seed));
  plan.add(await readEvents(), 0);

  let deliveries = 0;
  const deliver = async (event: ListedEvent) => {
    await deliverOnce(inbox, event);
    deliveries += 1;
  };
  const random = randomFrom(seed + 1);
  const changed = shuffled(subscriptionIds, random);
  const change = (id: string) => changeSubscription(backend, id, random);

  const startedAt = Date.now();
  const crew = await startCrew(settings.workers, randomFrom(seed + 2));
  try {
    let roundMs = FIRST_ROUND_MS;
    for (let round = 0; round < kills; round += 1) {
      const since = Date.now();
      await Promise.all([
        wait(random() * roundMs).then(() => crew.killOne()),
        each(plan.of(round), SENDERS, deliver),
        each(changesOfRound(changed, settings, round), CHANGERS, change),
      ]);
      roundMs = Date.now() - since;
      if (round + 1 < kills) plan.add(await readEvents(), round + 1);
    }
    if (settings.hastened) {
      await crew.rest();
      await inbox.letLeasesEnd();
      crew.run();
    }
    await settle(inbox, readEvents, plan.told, deliver);
  } finally {
    await crew.stop();
  }
  const seconds = (Date.now() - startedAt) / 1_000;
  const verdict = await judgeStorm(backend, { subscriptionIds, told: plan.told });
  return {
    ...verdict,
    deliveries,
    kills: crew.killed(),
    triedAgain: await countTriedAgain(backend),
    seconds,
  };
}

/** Until it is answered 200; a vendor comes again after a 5xx as well, which a busy machine may answer. */
async function deliverOnce(inbox: Inbox, event: ListedEvent): Promise<void> {
  for (;;) {
    const status = await inbox.receive(signedDelivery(event));
    if (status === 200) return;
    if (status < 500) throw new Error(`a delivery was answered ${status}`);
    await wait(SENT_AGAIN_MS);
  }
}

/** Until nothing is left to do; what the workers did at the vendor has events of its own. */
async function settle(
  inbox: Inbox,
  readEvents: () => Promise<ListedEvent[]>,
  told: Set<string>,
  deliver: (event: ListedEvent) => Promise<void>,
): Promise<void> {
  for (;;) {
    await inbox.allDone(PATIENCE_MS);
    const last = await readEvents();
    if (last.length === 0) return;
    for (const { id } of last) told.add(id);
    await each(last, SENDERS, deliver);
  }
}

async function countTriedAgain(backend: Backend): Promise<number> {
  const [again] = await backend.rows<{ count: number }>(
    "SELECT count(*)::int AS count FROM webhook_event WHERE attempts > 1",
  );
  return again?.count ?? 0;
}
