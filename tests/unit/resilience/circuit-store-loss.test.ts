/** Guards that the shared store may be slow or gone without any call noticing more than 50 ms of it, once. */
import { describe, expect, test } from "vitest";
import type { CircuitStore } from "@/lib/resilience/circuit-store";
import { createFakeClock } from "@/tests/support/fake-clock";
import {
  type Behaviour,
  circuitOf,
  failure,
  outcomeOf,
  policyUnderTest,
  READ,
  WRITE,
} from "@/tests/support/policy-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

type Condition = "answers" | "hangs" | "fails" | { answersAfterMs: number };

/** A store whose way there can be broken. */
function storeUnderTest() {
  const clock = createFakeClock();
  const asked: { step: keyof CircuitStore; at: number }[] = [];
  let condition: Condition = "answers";

  function pass<T>(step: keyof CircuitStore, answer: () => Promise<T>): Promise<T> {
    asked.push({ step, at: clock.now() });
    if (condition === "fails") return Promise.reject(new Error("connection refused"));
    if (condition === "hangs") return new Promise(() => undefined);
    if (condition === "answers") return answer();
    const { answersAfterMs } = condition;
    return new Promise((resolve, reject) => {
      clock.after(answersAfterMs, () => answer().then(resolve, reject));
    });
  }

  const between = (store: CircuitStore): CircuitStore => ({
    read: () => pass("read", () => store.read()),
    record: (...input) => pass("record", () => store.record(...input)),
    acquireProbe: (...input) => pass("acquireProbe", () => store.acquireProbe(...input)),
    settleProbe: (...input) => pass("settleProbe", () => store.settleProbe(...input)),
    throttle: (...input) => pass("throttle", () => store.throttle(...input)),
    override: (...input) => pass("override", () => store.override(...input)),
  });
  const core = policyUnderTest({ clock, between, context: { origin: "background" } });
  return {
    ...core,
    asked: (step: keyof CircuitStore) => asked.filter((one) => one.step === step).map(({ at }) => at),
    touched: () => asked.length,
    becomes: (next: Condition) => {
      condition = next;
    },
    /** How long a call takes, whatever it ends with. */
    timed: async (behaviour: Behaviour) => {
      const begun = clock.now();
      let took = -1;
      const done = () => {
        took = clock.now() - begun;
      };
      core.call(READ, behaviour).then(done, done);
      for (let waited = 0; took < 0 && waited < 20_000; waited += 10)
        await clock.advance(waited === 0 ? 0 : 10);
      return took;
    },
  };
}

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
    becomes({ answersAfterMs: 30 });
    await call(READ, "unavailable").catch(() => undefined);
    await call(READ, "ok");
    const flush = outcomeOf(breakers.flush());
    await clock.advance(30);
    expect(flush.state).toBe("pending");
    await clock.advance(60);
    expect(flush.state).toBe("resolved");
    expect(asked("record")).toHaveLength(2);
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
    await clock.advance(50);
    for (let made = 0; made < 9; made += 1) await call(READ, "unavailable").catch(() => undefined);
    await expect(call(READ, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
    expect(arrived).toHaveLength(1 + 5);
    await clock.advance(30 * SECOND);
    await expect(call(READ, "ok")).resolves.toBe("answer");
    await clock.advance(0);
    expect(transitions.map(({ to }) => to)).toEqual(["open", "half_open", "closed"]);
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
    await clock.advance(50);
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
  test("that grants the probe after nobody waits for it gets it back", async () => {
    const { call, becomes, clock, breakCircuit, store, breakers, transitions } = storeUnderTest();
    await breakCircuit("read");
    await clock.advance(30 * SECOND);
    await breakers.flush();
    becomes({ answersAfterMs: 70 });
    const outcome = outcomeOf(call(READ, "ok"));
    await clock.advance(50);
    // This process made its own probe instead.
    expect(outcome.value).toBe("answer");
    await clock.advance(20);
    expect(store.peek(reads).state.kind).toBe("half_open");
    await clock.advance(70);
    const { state } = store.peek(reads);
    expect(state).toMatchObject({ kind: "open", probeAt: clock.now() });
    expect(transitions.filter(({ to }) => to === "half_open")).toHaveLength(2);
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

  test("that answers after 50 ms is believed at once", async () => {
    const { call, becomes, clock, store, reachable } = storeUnderTest();
    await store.override(reads, "open");
    becomes({ answersAfterMs: 80 });
    const early = outcomeOf(call(READ, "ok"));
    await clock.advance(50);
    expect(early.value).toBe("answer");
    await clock.advance(30);
    await expect(call(READ, "ok")).rejects.toMatchObject(failure("circuit_open"));
    expect(reachable).toEqual([false, true]);
  });
});
