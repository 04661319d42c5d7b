/** Guards that the shared store may be late or lost without any call noticing more than 50 ms of it, once. */
import { describe, expect, test } from "vitest";
import { circuitOf, outcomeOf, READ } from "@/tests/support/policy-under-test";
import { storeUnderTest } from "@/tests/support/store-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

describe.each(["hangs", "fails"] as const)("a store that %s", (condition) => {
  test("costs one call at most 50 ms, once", async () => {
    const { timed, becomes, clock, reachable } = storeUnderTest();
    await timed("ok");
    becomes(condition);
    const waits: number[] = [];
    for (let made = 0; made < 200; made += 1) {
      await clock.advance(100);
      waits.push(await timed("ok"));
    }
    expect(waits.filter((wait) => wait > 0).length).toBeLessThanOrEqual(1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(50);
    expect(reachable).toEqual([false]);
  });

  test("costs a process that has just started 50 ms, however many calls begin with it", async () => {
    const { call, becomes, clock } = storeUnderTest();
    becomes(condition);
    const first = outcomeOf(call(READ, "ok"));
    await clock.advance(30);
    const second = outcomeOf(call(READ, "ok"));
    await clock.advance(20);
    expect([first.state, second.state]).toEqual(["resolved", "resolved"]);
  });

  test("is tried again in the background, about once a second and no oftener", async () => {
    const { call, becomes, clock, asked } = storeUnderTest();
    becomes(condition);
    for (let step = 0; step < 1_000; step += 1) {
      void call(READ, "ok");
      await clock.advance(10);
    }
    expect(asked("read").length).toBeGreaterThanOrEqual(8);
    expect(asked("read").length).toBeLessThanOrEqual(11);
  });

  test("leaves this process to open its circuit alone, and to probe", async () => {
    const { call, becomes, clock, transitions, arrived } = storeUnderTest();
    becomes(condition);
    void call(READ, "ok");
    await clock.advance(SECOND);
    for (let made = 0; made < 9; made += 1) await call(READ, "unavailable").catch(() => undefined);
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
    expect(arrived).toHaveLength(1 + 5);
    await clock.advance(30 * SECOND);
    await expect(call(READ, "ok")).resolves.toBe("answer");
    await clock.advance(0);
    expect(transitions.map(({ to }) => to)).toEqual(["open", "half_open", "closed"]);
  });

  test("loses no failure that nobody had heard of when it was lost", async () => {
    const { call, becomes, clock, arrived } = storeUnderTest();
    await call(READ, "ok");
    becomes(condition);
    for (let made = 0; made < 4; made += 1) await call(READ, "unavailable").catch(() => undefined);
    await clock.advance(SECOND);
    await call(READ, "unavailable").catch(() => undefined);
    await clock.advance(0);
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
    expect(arrived).toHaveLength(1 + 5);
  });

  test("is believed again when it is back", async () => {
    const { call, becomes, clock, store, reachable } = storeUnderTest();
    await call(READ, "ok");
    becomes(condition);
    await clock.advance(2 * SECOND);
    void call(READ, "ok");
    await clock.advance(50);
    await store.override(reads, "open");
    becomes("answers");
    await clock.advance(2 * SECOND);
    await call(READ, "ok");
    await clock.advance(0);
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
    expect(reachable).toEqual([false, true]);
  });

  test("does not stop a circuit that was open from being open, and is not asked for the probe twice", async () => {
    const { call, becomes, clock, breakCircuit, asked } = storeUnderTest();
    await breakCircuit("read");
    becomes(condition);
    await clock.advance(10 * SECOND);
    const refused = outcomeOf(call(READ, "ok"));
    await clock.advance(50);
    expect(refused.error).toMatchObject({ kind: "circuit_open" });
    await clock.advance(20 * SECOND);
    await expect(call(READ, "ok")).resolves.toBe("answer");
    expect(asked("acquireProbe")).toEqual([]);
  });

  test("that goes away again finds no memory of the last time", async () => {
    const { call, becomes, clock, breakers } = storeUnderTest();
    await call(READ, "ok");
    becomes(condition);
    await clock.advance(2 * SECOND);
    void call(READ, "ok");
    await clock.advance(SECOND);
    for (let made = 0; made < 5; made += 1) await call(READ, "unavailable").catch(() => undefined);
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
    becomes("answers");
    await clock.advance(2 * SECOND);
    await breakers.flush();
    await expect(call(READ, "ok")).resolves.toBe("answer");
    becomes(condition);
    await clock.advance(2 * SECOND);
    const again = outcomeOf(call(READ, "ok"));
    await clock.advance(50);
    expect(again.value).toBe("answer");
  });

  test("is back before a probe that this process made alone: how that ends is not told any more", async () => {
    const { call, becomes, clock, breakers, transitions } = storeUnderTest();
    becomes(condition);
    void call(READ, "ok");
    await clock.advance(SECOND);
    for (let made = 0; made < 5; made += 1) await call(READ, "unavailable").catch(() => undefined);
    await clock.advance(30 * SECOND);
    const probe = outcomeOf(call(READ, "hangs"));
    await clock.advance(SECOND);
    becomes("answers");
    await clock.advance(SECOND);
    await breakers.flush();
    await clock.advance(10 * SECOND);
    expect(probe.state).toBe("rejected");
    expect(transitions.map(({ to }) => to)).toEqual(["open", "half_open"]);
    await expect(call(READ, "ok")).resolves.toBe("answer");
  });

  test("holds up neither a flush nor a probe", async () => {
    const { breakers, becomes, clock, probe, breakCircuit } = storeUnderTest();
    await breakCircuit("read");
    becomes(condition);
    const flush = outcomeOf(breakers.flush());
    await clock.advance(SECOND);
    expect(flush.state).toBe("resolved");
    await clock.advance(30 * SECOND);
    const probing = outcomeOf(probe("read", "ok"));
    await clock.advance(50);
    expect(probing.value).toBe(true);
  });

  test("leaves no timer behind", async () => {
    const { call, becomes, clock } = storeUnderTest();
    becomes(condition);
    void call(READ, "ok");
    await clock.advance(2 * SECOND);
    void call(READ, "unavailable").catch(() => undefined);
    await clock.advance(2 * SECOND);
    expect(clock.waiting()).toBe(0);
  });
});

describe("a store that hangs", () => {
  test("in the middle of a report takes reports again when it is back", async () => {
    const { call, becomes, clock, store, breakers } = storeUnderTest();
    await call(READ, "ok");
    becomes("hangs");
    await call(READ, "unavailable").catch(() => undefined);
    await clock.advance(3 * SECOND);
    becomes("answers");
    await breakers.flush();
    for (let made = 0; made < 5; made += 1) await call(READ, "unavailable").catch(() => undefined);
    await clock.advance(0);
    expect(store.peek(reads).state.kind).toBe("open");
  });
});

describe("a slow store", () => {
  async function due() {
    const core = storeUnderTest();
    await core.breakCircuit("read");
    await core.clock.advance(30 * SECOND);
    await core.breakers.flush();
    core.becomes({ answersAfterMs: 70 });
    return core;
  }

  test("that grants the probe after a call has stopped waiting grants it to this process's next call", async () => {
    const { call, clock, store, transitions, arrived } = await due();
    const refused = outcomeOf(call(READ, "ok"));
    await clock.advance(50);
    expect(refused.error).toMatchObject({ kind: "circuit_open" });
    await clock.advance(20);
    await expect(call(READ, "ok")).resolves.toBe("answer");
    await clock.advance(70);
    expect(store.peek(reads).state.kind).toBe("closed");
    expect(arrived).toHaveLength(1);
    expect(transitions.map(({ to }) => to)).toEqual(["open", "half_open", "closed"]);
  });

  test("gets a probe back that no call came for", async () => {
    const { call, clock, store, arrived } = await due();
    void call(READ, "ok").catch(() => undefined);
    await clock.advance(70);
    expect(store.peek(reads).state.kind).toBe("half_open");
    await clock.advance(SECOND + 70);
    expect(store.peek(reads).state).toMatchObject({ kind: "open", probeAt: clock.now() });
    expect(arrived).toEqual([]);
  });

  test("does not keep a probe without traffic from closing the circuit", async () => {
    const { probe, clock, store } = await due();
    const probing = outcomeOf(probe("read", "ok"));
    await clock.advance(140);
    expect(probing.value).toBe(true);
    expect(store.peek(reads).state.kind).toBe("closed");
  });

  test("is asked for the probe by one call at a time, and the others do not wait", async () => {
    const { call, clock, asked } = await due();
    const first = outcomeOf(call(READ, "ok"));
    await clock.advance(60);
    const second = outcomeOf(call(READ, "ok"));
    await clock.advance(0);
    expect([first.state, second.state]).toEqual(["rejected", "rejected"]);
    expect(asked("acquireProbe")).toHaveLength(1);
  });

  test("leaves open what it said was open: no process probes by itself", async () => {
    const { call, becomes, clock, breakCircuit, arrived } = storeUnderTest();
    await breakCircuit("read");
    becomes({ answersAfterMs: 900 });
    for (let made = 0; made < 290; made += 1) {
      await clock.advance(100);
      void call(READ, "ok").catch(() => undefined);
    }
    expect(arrived).toEqual([]);
  });

  test("does not make calls wait that come while one asks for the probe", async () => {
    const { call, becomes, clock, breakCircuit, breakers, asked } = storeUnderTest();
    await breakCircuit("read");
    await clock.advance(30 * SECOND);
    await breakers.flush();
    becomes({ answersAfterMs: 40 });
    const asking = outcomeOf(call(READ, "ok"));
    const others = [1, 2, 3].map(() => outcomeOf(call(READ, "ok")));
    await clock.advance(0);
    expect(others.map(({ state }) => state)).toEqual(["rejected", "rejected", "rejected"]);
    await clock.advance(40);
    expect(asking.value).toBe("answer");
    expect(asked("acquireProbe")).toHaveLength(1);
  });

  test("is waited for no longer because the clock was set back meanwhile", async () => {
    const { call, becomes, clock } = storeUnderTest();
    await call(READ, "ok");
    becomes("hangs");
    await clock.advance(600);
    await call(READ, "ok");
    clock.setBack(3_600 * SECOND);
    const outcome = outcomeOf(call(READ, "ok"));
    await clock.advance(50);
    expect(outcome.value).toBe("answer");
  });
});
