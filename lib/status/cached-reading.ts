/** One reading for everybody who asks within a while, so that a crowd costs what one visitor does. Pure. */

export interface CachedReadingOptions<T> {
  read(): Promise<T>;
  /** Milliseconds for which an answer, and also a failure, is believed. */
  freshMs: number;
  /** The longest that anybody waits, in milliseconds. */
  patienceMs: number;
  clock: {
    now(): number;
    after(milliseconds: number, callback: () => void): () => void;
  };
  /** Told of each reading that failed. */
  onFailure(error: unknown): void;
}

/** Asks; null where nothing fresh can be had in time. Never rejects. */
export function createCachedReading<T>(options: CachedReadingOptions<T>): () => Promise<T | null> {
  const { read, freshMs, patienceMs, clock, onFailure } = options;
  let known: { at: number; value: T | null } | null = null;
  let underWay: { since: number; reading: Promise<T | null> } | null = null;

  function start(): Promise<T | null> {
    const end = (value: T | null) => {
      known = { at: clock.now(), value };
      underWay = null;
      return value;
    };
    const reading = read().then(end, (error: unknown) => {
      onFailure(error);
      return end(null);
    });
    underWay = { since: clock.now(), reading };
    return reading;
  }

  return () => {
    if (known && clock.now() - known.at < freshMs) return Promise.resolve(known.value);
    const since = underWay?.since ?? clock.now();
    const reading = underWay?.reading ?? start();
    // A reading that hangs is nobody's to wait for anew: it is counted from its beginning.
    const leftMs = since + patienceMs - clock.now();
    if (leftMs <= 0) return Promise.resolve(null);
    return new Promise((resolve) => {
      const giveUp = clock.after(leftMs, () => resolve(null));
      void reading.then((value) => {
        giveUp();
        resolve(value);
      });
    });
  };
}
