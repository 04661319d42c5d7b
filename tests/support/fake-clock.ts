/** A clock that stands still until it is told to go on. */
import { vi } from "vitest";
import { type Clock, systemClock } from "@/lib/resilience/clock";

export interface FakeClock extends Clock {
  /** Goes on by so many milliseconds: runs what becomes due, in order, each followed by all that it sets going. */
  advance(milliseconds: number): Promise<void>;
  /** As when a machine's clock is corrected; what is due in so many milliseconds still is. */
  setBack(milliseconds: number): void;
  /** How many callbacks wait for their time. */
  waiting(): number;
}

// Taken before a test can replace it by a fake.
const realSetImmediate = setImmediate;

/** Over when every promise that can go on without time going on has done so. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}

export function createFakeClock(startAt = Date.UTC(2026, 0, 1)): FakeClock {
  let now = startAt;
  let shownBehindMs = 0;
  const timers = new Set<{ at: number; callback: () => void }>();

  /** Of several that are due together the one that was set first: a Set keeps that order. */
  function next(until: number) {
    let first: { at: number; callback: () => void } | null = null;
    for (const timer of timers) if (timer.at <= until && (!first || timer.at < first.at)) first = timer;
    return first;
  }

  return {
    now: () => now - shownBehindMs,
    after: (milliseconds, callback) => {
      const timer = { at: now + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: async (milliseconds) => {
      const until = now + milliseconds;
      await quiet();
      for (let due = next(until); due; due = next(until)) {
        now = Math.max(now, due.at);
        timers.delete(due);
        due.callback();
        await quiet();
      }
      now = until;
    },
    setBack: (milliseconds) => {
      shownBehindMs += milliseconds;
    },
    waiting: () => timers.size,
  };
}

/** The time of vitest's fake timers, for what goes by the real clock's functions beside it. They cannot be set back. */
export const clockOfFakeTimers: FakeClock = {
  ...systemClock,
  advance: async (milliseconds) => {
    await vi.advanceTimersByTimeAsync(milliseconds);
  },
  setBack: () => {
    throw new Error("fake timers are not set back");
  },
  waiting: () => vi.getTimerCount(),
};
