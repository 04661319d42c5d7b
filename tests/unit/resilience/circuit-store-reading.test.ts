/** Guards that what is known of the shared store is fresh, true, and costs a healthy call nothing. */
import { describe, expect, test } from "vitest";
import { createFakeClock } from "@/tests/support/fake-clock";
import { circuitOf, outcomeOf, policyUnderTest, READ, WRITE } from "@/tests/support/policy-under-test";
import { storeUnderTest } from "@/tests/support/store-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

describe("while the store answers", () => {
  test("ten thousand healthy calls do not touch it, while what was read of it is fresh", async () => {
    const { call, clock, touched } = storeUnderTest();
    await call(READ, "ok");
    expect(touched()).toBe(1);
    for (let made = 0; made < 10_000; made += 1) {
      await call(READ, "ok");
      if (made % 25 === 0) await clock.advance(1);
    }
    expect(touched()).toBe(1);
  });

  test("healthy calls never wait for it, and read it at most twice a second", async () => {
    const { call, clock, asked, touched } = storeUnderTest();
    await call(READ, "ok");
    for (let step = 0; step < 1_000; step += 1) {
      await clock.advance(10);
      const outcome = outcomeOf(call(READ, "ok"));
      await clock.advance(0);
      expect(outcome.state).toBe("resolved");
    }
    expect(asked("read").length).toBeLessThanOrEqual(21);
    expect(touched()).toBe(asked("read").length);
  });

  test("all circuits are read together, by one reading at a time", async () => {
    const { call, clock, asked, becomes } = storeUnderTest();
    becomes({ answersAfterMs: 20 });
    const calls = [READ, WRITE, READ, WRITE].map((description) => outcomeOf(call(description, "ok")));
    await clock.advance(20);
    expect(calls.map(({ state }) => state)).toEqual(new Array(4).fill("resolved"));
    expect(asked("read")).toHaveLength(1);
  });

  test("no call waits for a failure to be reported", async () => {
    const { call, clock, becomes } = storeUnderTest();
    await call(READ, "ok");
    becomes({ answersAfterMs: 40 });
    const outcome = outcomeOf(call(READ, "unavailable"));
    await clock.advance(0);
    expect(outcome.error).toMatchObject({ kind: "unavailable" });
  });

  test("failures that come while one is reported go together, and all arrive", async () => {
    const { call, clock, asked, becomes, store, reachable } = storeUnderTest();
    await call(READ, "ok");
    becomes({ answersAfterMs: 40 });
    for (let made = 0; made < 50; made += 1) await call(READ, "unavailable").catch(() => undefined);
    await clock.advance(80);
    expect(asked("record")).toHaveLength(2);
    expect(store.peek(reads).state.kind).toBe("open");
    expect(reachable).toEqual([]);
  });

  test("successes are reported by a flush, once", async () => {
    const { call, breakers, asked, clock, store } = storeUnderTest();
    for (let made = 0; made < 20; made += 1) await call(READ, "ok");
    await breakers.flush();
    await breakers.flush();
    expect(asked("record")).toHaveLength(1);
    for (let made = 0; made < 19; made += 1) await call(READ, "unavailable").catch(() => undefined);
    await clock.advance(0);
    expect(store.peek(reads).state.kind).toBe("closed");
  });

  test("a flush waits for what is under way and for what came meanwhile", async () => {
    const { call, breakers, clock, asked, becomes } = storeUnderTest();
    await call(READ, "ok");
    becomes({ answersAfterMs: 100 });
    await call(READ, "unavailable").catch(() => undefined);
    await call(READ, "ok");
    becomes({ answersAfterMs: 30 });
    const flush = outcomeOf(breakers.flush());
    await clock.advance(129);
    expect(flush.state).toBe("pending");
    await clock.advance(1);
    expect(flush.state).toBe("resolved");
    expect(asked("record")).toHaveLength(2);
  });

  test("an answer that was overtaken by a newer one is not believed", async () => {
    const clock = createFakeClock();
    const { call, breakers, store } = policyUnderTest({
      clock,
      context: { origin: "background" },
      between: (inner) => ({
        ...inner,
        record: (...counts) => {
          const early = inner.record(...counts);
          return new Promise((resolve) => clock.after(40, () => resolve(early)));
        },
      }),
    });
    await call(READ, "unavailable").catch(() => undefined);
    await store.override(reads, "open");
    const flush = breakers.flush();
    await clock.advance(40);
    await flush;
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
  });

  test("a reading that looked before a step does not undo what the step told", async () => {
    const clock = createFakeClock();
    let lateMs = 0;
    const { call, breakCircuit, store } = policyUnderTest({
      clock,
      context: { origin: "background" },
      between: (inner) => ({
        ...inner,
        read: () => {
          const seen = inner.read();
          return new Promise((resolve) => clock.after(lateMs, () => resolve(seen)));
        },
      }),
    });
    // The store has a word on this circuit already.
    await store.override(reads, "close");
    void call(READ, "ok");
    await clock.advance(600);
    lateMs = 40;
    await call(READ, "ok");
    await breakCircuit("read");
    await clock.advance(lateMs);
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
  });

  test("a store that was emptied is believed", async () => {
    const clock = createFakeClock();
    const { breakCircuit, call, breakers } = policyUnderTest({
      clock,
      between: (store) => ({
        ...store,
        read: async () => (clock.now() > emptiedAt ? new Map() : store.read()),
      }),
    });
    const emptiedAt = clock.now() + 10;
    await breakCircuit("read");
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
    await clock.advance(11);
    await breakers.flush();
    await expect(call(READ, "ok")).resolves.toBe("answer");
  });

  test("a clock that was set back does not keep it from being read", async () => {
    const { call, clock, store } = storeUnderTest();
    await call(READ, "ok");
    clock.setBack(3_600 * SECOND);
    await store.override(reads, "open");
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
  });
});
