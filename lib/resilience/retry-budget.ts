/**
 * Keeps retries a small part of all calls, so that a vendor in trouble is not asked three times as much as one in
 * health: https://sre.google/sre-book/handling-overload/. At most a share of the last minute's calls, and a reserve
 * on top, without which a quiet app could never retry at all.
 */
import type { Clock } from "./clock";

export interface RetryBudgetRules {
  windowMs: number;
  /** Retries per call. */
  share: number;
  /** Retries on top, a window. */
  reserve: number;
}

export const RETRY_BUDGET: RetryBudgetRules = { windowMs: 60_000, share: 0.1, reserve: 10 };

/** A window has so many slots; one more is kept, so that what is looked at is never shorter than the window. */
const SLOTS_A_WINDOW = 10;
const SLOTS = SLOTS_A_WINDOW + 1;

export interface RetryBudget {
  countCall(): void;
  /** Spends one retry if there is one to spend. */
  tryRetry(): boolean;
  /** What the last window saw, and how many retries are left now. */
  state(): { calls: number; retries: number; left: number };
}

export function createRetryBudget(clock: Clock, rules: RetryBudgetRules = RETRY_BUDGET): RetryBudget {
  const slotMs = rules.windowMs / SLOTS_A_WINDOW;
  const calls = new Array<number>(SLOTS).fill(0);
  const retries = new Array<number>(SLOTS).fill(0);
  let newest = Math.floor(clock.now() / slotMs);

  /** The slot of this moment, after forgetting those that have left the window. */
  function currentSlot(): number {
    const slot = Math.floor(clock.now() / slotMs);
    // A clock that was set back goes on in the slot that it had reached; set back by more than a window, it begins anew.
    if (slot <= newest - SLOTS) newest = slot - SLOTS;
    for (let next = Math.max(newest + 1, slot - SLOTS + 1); next <= slot; next += 1) {
      calls[next % SLOTS] = 0;
      retries[next % SLOTS] = 0;
    }
    newest = Math.max(newest, slot);
    return newest % SLOTS;
  }

  function state() {
    currentSlot();
    const sum = (slots: number[]) => slots.reduce((total, count) => total + count, 0);
    const seen = { calls: sum(calls), retries: sum(retries) };
    const allowed = Math.floor(seen.calls * rules.share) + rules.reserve;
    return { ...seen, left: Math.max(0, allowed - seen.retries) };
  }

  return {
    countCall: () => {
      const slot = currentSlot();
      calls[slot] = (calls[slot] ?? 0) + 1;
    },
    tryRetry: () => {
      if (state().left < 1) return false;
      const slot = currentSlot();
      retries[slot] = (retries[slot] ?? 0) + 1;
      return true;
    },
    state,
  };
}
