/**
 * A bulkhead: so many calls to one vendor at once and no more, so that a slow one cannot take every socket and all
 * the memory. Who comes later waits in line for as long as its own deadline allows; the line has an end.
 */
import { afterOrAborted, type Clock } from "./clock";

export interface ConcurrencyRules {
  atOnce: number;
  waiting: number;
}

export const CONCURRENCY: ConcurrencyRules = { atOnce: 50, waiting: 100 };

export interface ConcurrencyLimit {
  /**
   * True at once where there is room, false at once where the line is full or there is no time to wait; else a promise
   * of whether there was room before the wait (milliseconds) was over or the signal aborted.
   */
  enter(waitMs: number, signal?: AbortSignal | null): boolean | Promise<boolean>;
  leave(): void;
  state(): { running: number; waiting: number };
}

export function createConcurrencyLimit(
  clock: Clock,
  rules: ConcurrencyRules = CONCURRENCY,
): ConcurrencyLimit {
  let running = 0;
  // A Set keeps the order of arrival and forgets one who gave up, wherever that one stands.
  const line = new Set<() => void>();

  function wait(milliseconds: number, signal?: AbortSignal | null): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = afterOrAborted(clock, { milliseconds, signal }, () => {
        line.delete(enter);
        resolve(false);
      });
      const enter = () => {
        giveUp();
        resolve(true);
      };
      line.add(enter);
    });
  }

  return {
    enter: (waitMs, signal) => {
      if (running < rules.atOnce) {
        running += 1;
        return true;
      }
      return line.size < rules.waiting && waitMs > 0 && wait(waitMs, signal);
    },
    leave: () => {
      const [next] = line;
      // The place is handed on, so that nobody who comes now overtakes the line.
      if (next) {
        line.delete(next);
        next();
      } else running -= 1;
    },
    state: () => ({ running, waiting: line.size }),
  };
}
