/** Guards the database from a crowd: however many ask, there is one reading at a time, and nobody waits for long. */
import { describe, expect, test } from "vitest";
import { createCachedReading } from "@/lib/status/cached-reading";

/** A clock that stands still until it is moved. */
function standingClock() {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    after: (milliseconds: number, callback: () => void) => {
      const timer = { at: now + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass: (milliseconds: number) => {
      now += milliseconds;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
    waiting: () => timers.length,
  };
}

function setUp() {
  const clock = standingClock();
  const readings: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  const failures: unknown[] = [];
  const ask = createCachedReading<string>({
    read: () => new Promise((resolve, reject) => readings.push({ resolve, reject })),
    freshMs: 2_000,
    patienceMs: 1_000,
    clock,
    onFailure: (error) => failures.push(error),
  });
  return { clock, readings, failures, ask };
}

describe("a cached reading", () => {
  test("is made once for everybody who asks at a time, and serves those who come within its time", async () => {
    const { clock, readings, ask } = setUp();
    const crowd = Array.from({ length: 100 }, ask);
    readings[0]?.resolve("first");
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(["first"]));
    clock.pass(1_999);
    expect(await ask()).toBe("first");
    expect(readings).toHaveLength(1);
    clock.pass(1);
    const later = ask();
    readings[1]?.resolve("second");
    expect(await later).toBe("second");
    expect(clock.waiting()).toBe(0);
  });

  test("that hangs keeps nobody for longer than they have patience, all of them together", async () => {
    const { clock, readings, ask } = setUp();
    const first = ask();
    clock.pass(600);
    const second = ask();
    clock.pass(400);
    expect(await Promise.all([first, second])).toEqual([null, null]);
    expect(await ask()).toBeNull();
    clock.pass(60_000);
    expect(await ask()).toBeNull();
    expect(readings).toHaveLength(1);
    readings[0]?.resolve("at last");
    await Promise.resolve();
    expect(await ask()).toBe("at last");
  });

  test("that fails is not made again at once, and what was read before is not passed off as news", async () => {
    const { clock, readings, failures, ask } = setUp();
    const good = ask();
    readings[0]?.resolve("good");
    await good;
    clock.pass(2_000);
    const failed = ask();
    readings[1]?.reject(new Error("the database is away"));
    expect(await failed).toBeNull();
    expect(await ask()).toBeNull();
    expect([readings.length, failures.length]).toEqual([2, 1]);
    clock.pass(2_000);
    const recovered = ask();
    readings[2]?.resolve("back");
    expect(await recovered).toBe("back");
  });
});
