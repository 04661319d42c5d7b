/** Guards a run of the pump: how much at once, until when, and its end with the process. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createPump, createPumpState, LEAST_BUDGET_MS, type PumpOptions } from "@/lib/pump/pump";
import type { Piece, Work } from "@/lib/pump/work";

afterEach(() => {
  vi.useRealTimers();
});

/** A table whose pieces take as long as they say, in the time of vitest's fake timers. */
function table(name: string, tookMs: readonly (number | "fails")[]) {
  const todo = [...tookMs];
  const seen = {
    begun: [] as number[],
    ended: [] as number[],
    released: 0,
    claims: 0,
    limits: [] as number[],
  };
  const piece = (took: number | "fails"): Piece => ({
    run: async () => {
      seen.begun.push(Date.now());
      if (took === "fails") return false;
      await new Promise((resolve) => setTimeout(resolve, took));
      seen.ended.push(Date.now());
      return true;
    },
    release: async () => {
      seen.released += 1;
    },
  });
  const work: Work = {
    name,
    claim: async (limit) => {
      seen.claims += 1;
      seen.limits.push(limit);
      return todo.splice(0, limit).map(piece);
    },
  };
  return { work, seen, add: (took: number) => todo.push(took), left: () => todo.length };
}

const pumpOf = (sources: readonly Work[], options: Partial<PumpOptions> = {}) =>
  createPump(sources, { state: createPumpState(), ...options });
const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value);

describe("a run", () => {
  let startedAt: number;
  beforeEach(() => {
    vi.useFakeTimers();
    startedAt = Date.now();
  });
  /** Lets the fake time go on until it is over. */
  async function toEnd<T>(run: Promise<T>): Promise<T> {
    let isOver = false;
    void run.finally(() => {
      isOver = true;
    });
    while (!isOver) await vi.advanceTimersByTimeAsync(10);
    return run;
  }
  const since = (at: readonly number[]) => at.map((one) => one - startedAt);

  test("does five pieces at once, and begins the next as soon as one has ended: a slow one holds up nobody", async () => {
    const { work, seen } = table("inbox", [10_000, ...times(40, 100)]);
    await toEnd(pumpOf([work]).run());
    expect(Math.max(...seen.limits)).toBe(5);
    // Forty, four at a time beside the slow one.
    expect(since(seen.ended).filter((at) => at <= 1_100)).toHaveLength(40);
  });

  test("leaves room for every table: one that is slow does not keep the others from their work", async () => {
    const inbox = table("inbox", times(20, 10_000));
    const outbox = table("outbox", times(10, 100));
    await toEnd(pumpOf([inbox.work, outbox.work]).run());
    expect(since(outbox.seen.ended).filter((at) => at <= 1_200)).toHaveLength(10);
  });

  test("does two of a table at once while the process is busy, and more as soon as it is not", async () => {
    let isBusy = true;
    const { work, seen } = table("inbox", times(20, 100));
    const run = pumpOf([work], { isBusy: () => isBusy }).run();
    await vi.advanceTimersByTimeAsync(299);
    expect(since(seen.begun)).toHaveLength(6);
    isBusy = false;
    await toEnd(run);
    expect(since(seen.ended).filter((at) => at <= 600)).toHaveLength(20);
  });

  test("never asks for less than one piece, however fast the process becomes busy", async () => {
    let asked = 0;
    const isBusy = () => {
      asked += 1;
      return asked < 200 && asked % 3 === 0;
    };
    const { work, seen } = table(
      "inbox",
      Array.from({ length: 40 }, (_, index) => 100 + ((index * 37) % 11) * 20),
    );
    expect(await toEnd(pumpOf([work], { isBusy }).run())).toEqual({ processed: 40, failed: 0 });
    expect(Math.min(...seen.limits)).toBeGreaterThanOrEqual(1);
  });

  test("goes on while there is more, and counts", async () => {
    const { work } = table("inbox", [...times(12, 5), "fails"]);
    expect(await toEnd(pumpOf([work]).run())).toEqual({ processed: 12, failed: 1 });
  });

  test("begins nothing that could end after its budget", async () => {
    const { work, seen } = table("inbox", times(100, 4_000));
    await toEnd(pumpOf([work]).run(30_000));
    expect(Math.max(...since(seen.begun))).toBeLessThanOrEqual(30_000 - LEAST_BUDGET_MS);
    expect(Math.max(...since(seen.ended))).toBeLessThanOrEqual(30_000);
    expect(seen.begun.length).toBeGreaterThanOrEqual(15);
  });

  test("with less than one piece needs does not even look", async () => {
    const { work, seen } = table("inbox", [1]);
    expect(await pumpOf([work]).run(LEAST_BUDGET_MS - 1)).toEqual({ processed: 0, failed: 0 });
    expect(seen.claims).toBe(0);
  });

  test("is one in a process: whoever calls meanwhile joins it, and it looks once more at once", async () => {
    const { work, seen, add } = table("inbox", [500]);
    const pump = pumpOf([work]);
    const run = pump.run();
    await vi.advanceTimersByTimeAsync(100);
    add(5);
    expect(pump.run()).toBe(run);
    expect(await toEnd(run)).toEqual({ processed: 2, failed: 0 });
    expect(since(seen.begun)).toEqual([0, 100]);
  });

  test("honours the shorter time of whoever joins it", async () => {
    const { work, seen } = table("inbox", times(100, 1_000));
    const pump = pumpOf([work]);
    const run = pump.run(40_000);
    void pump.run(LEAST_BUDGET_MS + 2_000);
    await toEnd(run);
    expect(Math.max(...since(seen.ended))).toBeLessThanOrEqual(LEAST_BUDGET_MS + 2_000);
  });

  test("asks an empty table now and then, however often somebody stirs, and never misses the last of them", async () => {
    const inbox = table("inbox", [1_000]);
    const outbox = table("outbox", []);
    const pump = pumpOf([inbox.work, outbox.work]);
    const run = pump.run();
    for (let asked = 0; asked < 400; asked += 1) {
      await vi.advanceTimersByTimeAsync(1);
      expect(pump.stir()).toBe(true);
    }
    outbox.add(5);
    pump.stir();
    await toEnd(run);
    // At the beginning, and after 25, 50, 100, 200 and 400 ms; then the next, and one after the end of each of two pieces.
    expect(outbox.seen.claims).toBeLessThanOrEqual(1 + 5 + 1 + 2);
    expect(since(outbox.seen.begun)[0]).toBeLessThanOrEqual(400 + 400 + 10);
    expect(pump.stir()).toBe(false);
  });

  test("replaces two that end together in one claim, and one alone soon", async () => {
    const together = table("inbox", times(41, 100));
    await toEnd(pumpOf([together.work]).run());
    // The first five, and two at a time; the rest in vain, each after a success.
    expect(together.seen.limits.filter((limit) => limit >= 2).length).toBeGreaterThanOrEqual(18);
    startedAt = Date.now();
    const alone = table("inbox", [100, 5_000, 5_000, 5_000, 5_000, 50]);
    await toEnd(pumpOf([alone.work]).run());
    expect(since(alone.seen.begun)[5]).toBeLessThanOrEqual(120);
  });

  test("which has no time left to begin anything says so, and whoever comes then has a run of their own after it", async () => {
    const { work, seen, add } = table("inbox", [4_000]);
    const pump = pumpOf([work]);
    const first = pump.run(LEAST_BUDGET_MS + 1_000);
    await vi.advanceTimersByTimeAsync(1_500);
    add(5);
    expect(pump.stir()).toBe(false);
    const second = pump.run(40_000);
    expect(second).not.toBe(first);
    expect(await toEnd(first)).toEqual({ processed: 1, failed: 0 });
    expect(await toEnd(second)).toEqual({ processed: 1, failed: 0 });
    expect(since(seen.begun)[1]).toBeLessThanOrEqual(4_050);
  });

  test("waits quietly for the last piece when its time is up, although there is room and more to do", async () => {
    const { work } = table("inbox", [10_000, 500, ...times(100, 1_000)]);
    const pump = pumpOf([work]);
    const timers = vi.spyOn(globalThis, "setTimeout");
    const run = pump.run(LEAST_BUDGET_MS + 2_000);
    await vi.advanceTimersByTimeAsync(4_000);
    timers.mockClear();
    await vi.advanceTimersByTimeAsync(5_000);
    // Once in a second it would look again, were there time.
    expect(timers.mock.calls.length).toBeLessThanOrEqual(6);
    timers.mockRestore();
    await toEnd(run);
    expect(pump.isAnythingLeft()).toBe(true);
  });

  test("that found nothing more has left nothing", async () => {
    const { work } = table("inbox", [10, 10]);
    const pump = pumpOf([work]);
    await toEnd(pump.run());
    expect(pump.isAnythingLeft()).toBe(false);
  });

  test("leaves the place of a lone piece empty for no time at all", async () => {
    const inbox = table("inbox", [100]);
    const pump = pumpOf([inbox.work]);
    const run = pump.run();
    await vi.advanceTimersByTimeAsync(90);
    inbox.add(5);
    await toEnd(run);
    expect(since(inbox.seen.begun)[1]).toBe(100);
  });

  test("sees what becomes due while something slow is under way", async () => {
    const { work, seen, add } = table("inbox", [8_000]);
    const run = pumpOf([work]).run();
    await vi.advanceTimersByTimeAsync(500);
    add(5);
    await toEnd(run);
    expect(since(seen.begun)[1]).toBeLessThanOrEqual(1_500);
  });

  test("does not miss what comes while it looks", async () => {
    const seen: string[] = [];
    const pump = pumpOf([
      {
        name: "inbox",
        claim: async () => {
          seen.push("looked");
          // Written after the statement has taken its snapshot.
          if (seen.length === 1) void pump.run();
          return [];
        },
      },
    ]);
    await toEnd(pump.run());
    expect(seen).toEqual(["looked", "looked"]);
  });

  test("does the work of the other tables although one cannot be reached, and does not note itself as a good one", async () => {
    const broken: Work = {
      name: "inbox",
      claim: async () => {
        throw new Error("no database");
      },
    };
    const outbox = table("outbox", [1]);
    const noted: string[] = [];
    const onRun = async () => {
      noted.push("begun");
      return async () => {
        noted.push("ended");
      };
    };
    expect(await toEnd(pumpOf([broken, outbox.work], { onRun }).run())).toEqual({ processed: 1, failed: 0 });
    expect(noted).toEqual(["begun"]);
    await toEnd(pumpOf([outbox.work], { onRun }).run());
    expect(noted).toEqual(["begun", "begun", "ended"]);
  });

  test("is not disturbed by a note that cannot be taken", async () => {
    const { work } = table("inbox", [1]);
    const onRun = async () => {
      throw new Error("no database");
    };
    expect(await toEnd(pumpOf([work], { onRun }).run())).toEqual({ processed: 1, failed: 0 });
  });
});

describe("the end of the process", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  test("lets what is under way end, releases what has not by then, and claims nothing more", async () => {
    const { work, seen, left } = table("inbox", [1_000, 9_000, ...times(20, 1_000)]);
    const pump = pumpOf([work]);
    void pump.run();
    await vi.advanceTimersByTimeAsync(100);
    const stopped = pump.stop(3_000);
    await vi.advanceTimersByTimeAsync(3_000);
    await stopped;
    expect(seen.ended).toHaveLength(4);
    expect(seen.released).toBe(1);
    expect(left()).toBe(17);
    expect(await pump.run()).toEqual({ processed: 0, failed: 0 });
    expect(left()).toBe(17);
  });

  test("is there as soon as nothing is under way any more", async () => {
    const { work } = table("inbox", times(5, 500));
    const pump = pumpOf([work]);
    void pump.run();
    await vi.advanceTimersByTimeAsync(100);
    let isStopped = false;
    void pump.stop(60_000).then(() => {
      isStopped = true;
    });
    await vi.advanceTimersByTimeAsync(500);
    expect(isStopped).toBe(true);
  });

  test("gives back what a claim brings that was under way", async () => {
    let released = 0;
    const pump = pumpOf([
      {
        name: "inbox",
        claim: async () => {
          await new Promise((resolve) => setTimeout(resolve, 200));
          const release = async () => {
            released += 1;
          };
          return [{ run: () => Promise.reject(new Error("it must not begin")), release }];
        },
      },
    ]);
    void pump.run();
    await vi.advanceTimersByTimeAsync(100);
    const stopped = pump.stop(3_000);
    await vi.advanceTimersByTimeAsync(200);
    await stopped;
    expect(released).toBe(1);
  });
});
