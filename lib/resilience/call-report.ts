/**
 * Ended calls on their way to the shared store: a failure is sent at once, what succeeded goes with it or when it is
 * fetched. One batch is under way at a time; what comes meanwhile makes the next.
 */
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { CallCounts } from "./circuit-state";
import type { Clock } from "./clock";

export interface CallReport {
  /** @param cause of a failure; null for a success */
  count(epoch: number, cause: IntegrationErrorKind | null): void;
  /** Sends everything that was counted before. Never rejects. */
  flush(): Promise<void>;
}

export function createCallReport(options: {
  clock: Clock;
  /** Milliseconds: the store would weigh what is older than its window as if it had just happened. */
  windowMs: number;
  /** Never rejects; what it cannot deliver is lost. */
  send(counts: CallCounts): Promise<void>;
}): CallReport {
  const { clock, windowMs, send } = options;
  let counts = none(0);
  let since = 0;
  let sending: Promise<void> | null = null;

  /** Forgets what nobody wants to hear any more. */
  function forget(epoch: number): void {
    const isOld = Math.abs(clock.now() - since) >= windowMs;
    if (counts.epoch !== epoch || isOld) counts = none(epoch);
    if (counts.calls === 0) since = clock.now();
  }

  function report(): Promise<void> {
    if (sending) return sending;
    forget(counts.epoch);
    if (counts.calls === 0) return Promise.resolve();
    const batch = counts;
    counts = none(batch.epoch);
    sending = send(batch).then(() => {
      sending = null;
      if (counts.failures > 0) void report();
    });
    return sending;
  }

  return {
    count: (epoch, cause) => {
      forget(epoch);
      counts.calls += 1;
      if (cause === null) return;
      counts.failures += 1;
      counts.cause = cause;
      void report();
    },
    flush: async () => {
      await sending;
      await report();
    },
  };
}

function none(epoch: number): CallCounts {
  return { epoch, calls: 0, failures: 0, cause: null };
}
