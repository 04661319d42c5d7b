/**
 * Webhook delivery with the vendors' own promise: at least once, retried until the app answers 2xx, and no order
 * promised (though none is broken on purpose: what is due is sent in the order in which it was made).
 *
 * Rows live in the stand-in's store, so a killed sandbox goes on where it was.
 */
import type {
  DeliveryRecord,
  DeliverySwitch,
  OutgoingWebhook,
  SandboxStore,
  WebhookDeliverer,
  WebhookSigner,
} from "./types";

/** A longer timer would fire at once; nothing due by then, it is set again. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;
const COLLECTION = "kernel.deliveries";
const SWITCHED_ON: DeliverySwitch = { state: "on", order: "made", copies: 1 };
/** How late a message may be made to go out when they are shuffled. */
const SHUFFLED_WITHIN_MS = 1_000;

/** Waits between attempts, in milliseconds; the last one repeats until `maximumAttempts`. */
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

export interface DelivererOptions {
  store: SandboxStore;
  signer: WebhookSigner;
  /** Unix milliseconds. */
  now(): number;
  /** Default: 10 000. */
  attemptTimeoutMs?: number;
  /** Attempts in one run of the sandbox before a row is `failed`. Default: 16, about ten minutes. */
  maximumAttempts?: number;
  /** Default: 8. */
  maximumInFlight?: number;
  /** Finished rows that are kept for looking at. Default: 500. */
  maximumHistory?: number;
  /** Overrides the waits between attempts; tests shorten them. */
  backoffMs?: readonly number[];
}

/** What is known of a pending row in this run only: a restart gives every row a fresh schedule. */
interface Schedule {
  dueAt: number;
  attemptsThisRun: number;
  /** How often it is still to be delivered. */
  copiesLeft: number;
}

/** Starts delivering at once what the store still holds as pending. */
export function createDeliverer(options: DelivererOptions): WebhookDeliverer {
  const { store, signer, now } = options;
  const backoffMs = options.backoffMs ?? BACKOFF_MS;
  const maximumAttempts = options.maximumAttempts ?? 16;
  const maximumInFlight = options.maximumInFlight ?? 8;
  const maximumHistory = options.maximumHistory ?? 500;
  const pending = new Map<string, Schedule>();
  const inFlight = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const readSwitch = (): DeliverySwitch =>
    store.get<DeliverySwitch>("kernel.meta", "deliverySwitch") ?? SWITCHED_ON;
  const freshSchedule = (dueAt: number): Schedule => {
    const { order, copies } = readSwitch();
    const late = order === "shuffled" ? Math.random() * SHUFFLED_WITHIN_MS : 0;
    return { dueAt: dueAt + late, attemptsThisRun: 0, copiesLeft: 1 + Math.floor(Math.random() * copies) };
  };

  const deliver = async (key: string, schedule: Schedule) => {
    const row = store.get<DeliveryRecord>(COLLECTION, key);
    if (!row) {
      pending.delete(key);
      return;
    }
    const outcome = await attempt(row, signer, now(), options.attemptTimeoutMs ?? 10_000, stopping.signal);
    if (stopping.signal.aborted && !outcome.delivered) return;
    // A reset while the request was on its way has forgotten the row: it must not come back.
    const current = store.get<DeliveryRecord>(COLLECTION, key);
    if (!current || current.createdAt !== row.createdAt) {
      if (!current) pending.delete(key);
      return;
    }
    schedule.attemptsThisRun += 1;
    if (outcome.delivered) schedule.copiesLeft -= 1;
    // Asked for once more while this attempt was on its way, or meant to come more than once.
    const isReplaced = pending.get(key) !== schedule;
    const isWantedAgain = isReplaced || (outcome.delivered && schedule.copiesLeft > 0);
    const isFinished = outcome.delivered || schedule.attemptsThisRun >= maximumAttempts;
    const finishedState = outcome.delivered ? "delivered" : "failed";
    const state = isFinished && !isWantedAgain ? finishedState : "pending";
    const wait = backoffMs[Math.min(schedule.attemptsThisRun, backoffMs.length) - 1] ?? 60_000;
    const nextAttemptAt = isWantedAgain ? now() : now() + wait;
    store.put<DeliveryRecord>(COLLECTION, key, {
      ...current,
      state,
      attempts: current.attempts + 1,
      nextAttemptAt,
      lastStatus: outcome.status,
      lastError: outcome.error,
    });
    if (isReplaced) return;
    if (state === "pending") schedule.dueAt = nextAttemptAt;
    else {
      pending.delete(key);
      remember(key);
    }
  };

  /** The keys of finished rows, oldest first. */
  const finished = new Set<string>();
  const remember = (key: string) => {
    finished.delete(key);
    finished.add(key);
    for (const oldest of finished) {
      if (finished.size <= maximumHistory) break;
      finished.delete(oldest);
      store.delete(COLLECTION, oldest);
    }
  };

  const run = () => {
    clearTimeout(timer);
    if (stopping.signal.aborted || readSwitch().state !== "on") return;
    let soonest = Number.POSITIVE_INFINITY;
    // A map goes through its keys in the order of their making. With every place taken the next one to come free looks again.
    for (const [key, schedule] of pending) {
      if (inFlight.size >= maximumInFlight) return;
      if (inFlight.has(key)) continue;
      if (schedule.dueAt > now()) {
        soonest = Math.min(soonest, schedule.dueAt);
        continue;
      }
      const sending = deliver(key, schedule).finally(() => {
        inFlight.delete(key);
        run();
      });
      inFlight.set(key, sending);
    }
    if (soonest !== Number.POSITIVE_INFINITY)
      timer = setTimeout(run, Math.min(LONGEST_WAIT_MS, Math.max(1, soonest - now())));
  };

  for (const row of store.list<DeliveryRecord>(COLLECTION)) {
    if (row.state === "pending") pending.set(keyOf(row), freshSchedule(now()));
    else remember(keyOf(row));
  }
  timer = setTimeout(run, 0);

  return {
    readSwitch,
    turn(changes) {
      const next = { ...readSwitch(), ...changes };
      store.put("kernel.meta", "deliverySwitch", next);
      if (next.order === "shuffled" || next.copies > 1) {
        const waiting = shuffle([...pending.keys()]);
        pending.clear();
        for (const key of waiting) pending.set(key, freshSchedule(now()));
      }
      setImmediate(run);
      return next;
    },
    enqueue(webhook) {
      if (readSwitch().state === "off") return;
      const at = now();
      const key = keyOf(webhook);
      store.put<DeliveryRecord>(COLLECTION, key, {
        ...webhook,
        state: "pending",
        attempts: 0,
        createdAt: at,
        nextAttemptAt: at,
        lastStatus: null,
        lastError: null,
      });
      finished.delete(key);
      pending.set(key, freshSchedule(at));
      // Later in this turn: the answer that caused the event should not wait for the sending to begin.
      setImmediate(run);
    },
    redeliver(id) {
      for (const row of store.list<DeliveryRecord>(COLLECTION)) {
        if (row.id !== id) continue;
        const at = now();
        store.put<DeliveryRecord>(COLLECTION, keyOf(row), { ...row, state: "pending", nextAttemptAt: at });
        finished.delete(keyOf(row));
        pending.set(keyOf(row), freshSchedule(at));
      }
      setImmediate(run);
    },
    list: () => store.list<DeliveryRecord>(COLLECTION),
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await Promise.allSettled(inFlight.values());
    },
  };
}

function shuffle<T>(values: T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((left, right) => left.at - right.at)
    .map(({ value }) => value);
}

/** One message may go to several endpoints. */
function keyOf(webhook: Pick<OutgoingWebhook, "id" | "url">): string {
  return `${webhook.id} ${webhook.url}`;
}

interface AttemptOutcome {
  delivered: boolean;
  status: number | null;
  error: string | null;
}

async function attempt(
  row: DeliveryRecord,
  signer: WebhookSigner,
  nowMs: number,
  timeoutMs: number,
  stopping: AbortSignal,
): Promise<AttemptOutcome> {
  const { id, url, body } = row;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...signer({ id, url, body }, nowMs) },
      body,
      // A redirect is not an acknowledgement.
      redirect: "manual",
      signal: AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    return { delivered: response.ok, status: response.status, error: null };
  } catch (error) {
    return { delivered: false, status: null, error: reasonOf(error, timeoutMs) };
  }
}

/** fetch hides why it failed in `cause`. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  const cause: unknown = error.cause;
  // Tried on several addresses, the cause has a code and no message.
  if (cause instanceof Error) return cause.message || ("code" in cause ? String(cause.code) : cause.name);
  return error.message;
}
