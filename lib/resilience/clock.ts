/** Time and chance, handed in, so that tests decide both. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after so many milliseconds; answers how to call that off. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** A number in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Calls back once: after so many milliseconds, or as soon as the signal aborts. Answers how to call that off. */
export function afterOrAborted(
  clock: Clock,
  wait: { milliseconds: number; signal?: AbortSignal | null },
  callback: () => void,
): () => void {
  const { milliseconds, signal } = wait;
  if (!signal) return clock.after(milliseconds, callback);
  const end = () => {
    callOff();
    callback();
  };
  // A signal that has aborted before does not tell so again.
  const cancel = clock.after(signal.aborted ? 0 : milliseconds, end);
  const callOff = () => {
    cancel();
    signal.removeEventListener("abort", end);
  };
  signal.addEventListener("abort", end);
  return callOff;
}

/** Over after so many milliseconds, or as soon as the signal aborts. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    afterOrAborted(clock, { milliseconds, signal }, resolve);
  });
}
