/**
 * What calls to vendors came to, counted in this process and handed on in batches: a call costs a few look-ups in
 * memory, a process that is killed loses what came since its last flush.
 */
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { Effect } from "./call";
import type { Clock } from "./clock";
import { bucketOf, NEVER_SENT } from "./histogram";
import type { AttemptRecord, HeldBackRecord, PolicyHooks } from "./hooks";

/** Of a call that ended, or of why one was never sent. */
export type MetricOutcome = "ok" | IntegrationErrorKind | `held:${HeldBackRecord["by"]}`;

export interface MetricCount {
  provider: string;
  mode: string;
  effect: Effect;
  /** The beginning of the minute, in milliseconds since the epoch. */
  minute: number;
  outcome: MetricOutcome;
  isRetry: boolean;
  /** Of `bucketOf`, or `NEVER_SENT`. */
  bucket: number;
  count: number;
}

/** What was last seen of a vendor; times are milliseconds since the epoch. */
export interface Sighting {
  provider: string;
  mode: string;
  effect: Effect;
  lastSuccessAt: number | null;
  lastFailure: {
    at: number;
    kind: IntegrationErrorKind;
    operation: string;
    requestId: string | null;
    status: number | null;
  } | null;
  quota: { seenAt: number; limit: number | null; remaining: number; resetsAt: number | null } | null;
}

export interface TelemetryBatch {
  /** No two with the same key. */
  counts: MetricCount[];
  /** No two of the same provider, mode and effect. */
  sightings: Sighting[];
}

export interface TelemetrySink {
  /** Adds the counts to what there is and keeps the newest of what was seen: all of it, or rejects and none of it. */
  write(batch: TelemetryBatch): Promise<void>;
}

export interface TelemetryOptions {
  clock: Clock;
  sink: TelemetrySink;
  /** So many counts are kept at most while the sink fails. */
  maxCounts?: number;
  /** Told how many calls were given up, the oldest first, because the sink failed for too long. */
  onDropped?: (calls: number) => void;
}

export interface Telemetry {
  hooks: Required<Pick<PolicyHooks, "onAttempt" | "onHeldBack">>;
  /**
   * Hands on what was counted before it was called; one batch at a time.
   * @throws what the sink throws; what it did not take is kept for the next flush
   */
  flush(): Promise<void>;
}

const MINUTE_MS = 60_000;
/** Hours are summed up a quarter of an hour after their end (lib/db/telemetry.ts): what comes later would be lost there. */
const KEPT_MS = 10 * MINUTE_MS;
const MAX_COUNTS = 5_000;

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { clock, sink, maxCounts = MAX_COUNTS, onDropped } = options;
  let counts = new Map<string, MetricCount>();
  let sightings = new Map<string, Sighting>();
  let writing: Promise<void> | null = null;
  let following: Promise<void> | null = null;

  function add(entry: MetricCount): void {
    const { provider, mode, effect, minute, outcome, isRetry, bucket, count } = entry;
    const key = `${provider}/${mode}/${effect}/${minute}/${outcome}/${isRetry}/${bucket}`;
    const known = counts.get(key);
    if (known) known.count += count;
    else if (makeRoom(minute)) counts.set(key, entry);
    else onDropped?.(count);
  }

  /** The oldest minute goes, for one that is younger. */
  function makeRoom(minute: number): boolean {
    if (counts.size < maxCounts) return true;
    const oldest = oldestMinute();
    if (minute <= oldest) return false;
    dropUntil(oldest);
    return true;
  }

  function oldestMinute(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { minute } of counts.values()) oldest = Math.min(oldest, minute);
    return oldest;
  }

  /** Gives up what is of that minute or older. */
  function dropUntil(last: number): void {
    let dropped = 0;
    for (const [key, { minute, count }] of counts) {
      if (minute > last) continue;
      counts.delete(key);
      dropped += count;
    }
    if (dropped > 0) onDropped?.(dropped);
  }

  function see(seen: Sighting): void {
    const key = `${seen.provider}/${seen.mode}/${seen.effect}`;
    const known = sightings.get(key);
    if (known) merge(known, seen);
    else sightings.set(key, seen);
  }

  async function write(): Promise<void> {
    dropUntil(clock.now() - KEPT_MS - MINUTE_MS);
    if (counts.size === 0 && sightings.size === 0) return;
    const taken = { counts, sightings };
    counts = new Map();
    sightings = new Map();
    try {
      await sink.write({ counts: [...taken.counts.values()], sightings: [...taken.sightings.values()] });
    } catch (error) {
      const since = { counts, sightings };
      ({ counts, sightings } = taken);
      for (const counted of since.counts.values()) add(counted);
      for (const seen of since.sightings.values()) see(seen);
      throw error;
    }
  }

  function flush(): Promise<void> {
    if (!writing) {
      writing = write().finally(() => {
        writing = null;
      });
      return writing;
    }
    // What was counted since that batch was taken goes with the next one, which all who ask meanwhile share.
    const again = () => {
      following = null;
      return flush();
    };
    following ??= writing.then(again, again);
    return following;
  }

  return {
    hooks: {
      onAttempt: (record) => {
        const { provider, mode, effect, outcome, number, durationMs } = record;
        const now = clock.now();
        const minute = now - (now % MINUTE_MS);
        add({
          provider,
          mode,
          effect,
          minute,
          outcome,
          isRetry: number > 1,
          bucket: bucketOf(durationMs),
          count: 1,
        });
        see(sightingOf(record, now));
      },
      onHeldBack: ({ provider, mode, effect, by }) => {
        const now = clock.now();
        const minute = now - (now % MINUTE_MS);
        const isRetry = by === "budget";
        add({ provider, mode, effect, minute, outcome: `held:${by}`, isRetry, bucket: NEVER_SENT, count: 1 });
      },
    },
    flush,
  };
}

function sightingOf(record: AttemptRecord, now: number): Sighting {
  const { provider, mode, effect, operation, outcome, requestId, status, quota } = record;
  return {
    provider,
    mode,
    effect,
    lastSuccessAt: outcome === "ok" ? now : null,
    lastFailure: outcome === "ok" ? null : { at: now, kind: outcome, operation, requestId, status },
    quota: quota && {
      seenAt: now,
      limit: quota.limit,
      remaining: quota.remaining,
      resetsAt: quota.resetsInMs === null ? null : now + quota.resetsInMs,
    },
  };
}

/** What is seen later wins, fact by fact. */
function merge(known: Sighting, later: Sighting): void {
  known.lastSuccessAt = later.lastSuccessAt ?? known.lastSuccessAt;
  known.lastFailure = later.lastFailure ?? known.lastFailure;
  known.quota = later.quota ?? known.quota;
}
