/** Guards that a store is only called unreachable when it is: not when it was slow to begin, and once, not each second. */
import { describe, expect, test } from "vitest";
import { circuitOf, outcomeOf, READ } from "@/tests/support/policy-under-test";
import { storeUnderTest } from "@/tests/support/store-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

describe("a store that takes its time", () => {
  test.each([51, 80, 400, 999])(
    "over its first reading (%i ms) is not called unreachable, and believed when it answers",
    async (ms) => {
      const { call, becomes, clock, store, reachable } = storeUnderTest();
      await store.override(reads, "open");
      becomes({ answersAfterMs: ms });
      const early = outcomeOf(call(READ, "ok"));
      await clock.advance(50);
      expect(early.value).toBe("answer");
      await clock.advance(ms - 50);
      await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
      expect(reachable).toEqual([]);
    },
  );

  test("over granting a probe is not called unreachable", async () => {
    const { call, becomes, clock, breakCircuit, breakers, reachable } = storeUnderTest();
    await breakCircuit("read");
    await clock.advance(30 * SECOND);
    await breakers.flush();
    becomes({ answersAfterMs: 70 });
    void call(READ, "ok").catch(() => undefined);
    await clock.advance(200);
    becomes("answers");
    await clock.advance(2 * SECOND);
    await breakers.flush();
    expect(reachable).toEqual([]);
  });
});

describe("a store that is unreachable", () => {
  test("is called so when a reading has had its second, and again only once it was back", async () => {
    const { call, becomes, clock, reachable } = storeUnderTest();
    becomes("hangs");
    void call(READ, "ok");
    await clock.advance(SECOND - 1);
    expect(reachable).toEqual([]);
    await clock.advance(1);
    expect(reachable).toEqual([false]);
    for (let second = 0; second < 10; second += 1) {
      void call(READ, "ok");
      await clock.advance(SECOND);
    }
    expect(reachable).toEqual([false]);

    becomes("answers");
    for (let second = 0; second < 3; second += 1) {
      void call(READ, "ok");
      await clock.advance(SECOND);
    }
    expect(reachable).toEqual([false, true]);
  });

  test("is called so at once when a reading fails", async () => {
    const { call, becomes, reachable } = storeUnderTest();
    becomes("fails");
    await call(READ, "ok");
    expect(reachable).toEqual([false]);
  });

  test("is called so when it can be read and not written", async () => {
    const { call, becomes, clock, reachable } = storeUnderTest();
    await call(READ, "ok");
    becomes("fails");
    await call(READ, "unavailable").catch(() => undefined);
    await clock.advance(0);
    expect(reachable).toEqual([false]);
  });
});
