/** Guards the headline: whatever dies, no event is lost and no effect happens twice. The bench `inbox` runs a large one. */
import { afterAll, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { runStorm } from "@/tests/support/reliability-storm";

/** A dozen processes are started one after the other: some twenty seconds where nothing else runs. */
const PATIENCE_MS = 240_000;

const backend = await startBackend();
afterAll(() => backend.stop());

test(
  "1,000 events one to five times in random order, two workers, ten kills: nothing lost, nothing twice",
  async () => {
    const result = await runStorm(backend, {
      objects: 50,
      events: 1_000,
      changes: 100,
      workers: 2,
      kills: 10,
      seed: 20_261_122,
      hastened: true,
    });
    expect(result).toMatchObject({
      wrong: [],
      right: 50,
      lost: 0,
      mailsTwice: 0,
      mailsLost: 0,
      refundsTwice: 0,
      payingTwice: 0,
      kills: 10,
    });
    // It was a storm: everything came several times, and there was something to be done once.
    expect(result.events).toBeGreaterThanOrEqual(1_000);
    expect(result.deliveries).toBeGreaterThan(2 * result.events);
    expect(result.mails).toBeGreaterThan(0);
    expect(result.refunds).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);
