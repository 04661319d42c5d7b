/** What every `CircuitStore` must do; run against each. The rules are the real ones: time is moved, not waited for. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CIRCUIT_RULES } from "@/lib/resilience/circuit-state";
import type { CircuitStore } from "@/lib/resilience/circuit-store";
import {
  type CircuitStoreUnderTest,
  expectIn,
  freshCircuit,
  type Get,
  MOMENT_MS,
  openAndDue,
  transitionsIn,
} from "@/tests/support/fresh-circuit";

export function describeCircuitStore(name: string, start: () => Promise<CircuitStoreUnderTest>): void {
  describe(`circuit store: ${name}`, () => {
    let tested: CircuitStoreUnderTest;
    beforeAll(async () => {
      tested = await start();
    });
    afterAll(() => tested?.stop());
    const get = () => tested;

    describe("a closed circuit", () => describeRecording(get));
    describe("a probe", () => describeProbes(get));
    describe("throttling", () => describeThrottling(get));
    describe("an operator", () => describeOverrides(get));
  });
}

function describeRecording(get: Get): void {
  const fresh = freshCircuit(get);
  const { record, read, race, key, store, transition } = fresh;

  test("opens at the fifth failure where half of the calls fail, and says so once", async () => {
    expect(await record(9, 4)).toMatchObject({ circuit: { state: { kind: "closed" } }, transition: null });
    const outcome = await record(1, 1);
    expect(outcome.transition).toEqual(transition("closed", "open", "timeout"));
    expect(outcome.circuit.state).toMatchObject({ kind: "open", epoch: 1, cause: "timeout" });
    const { state } = await read();
    expect(state).toMatchObject({ kind: "open", epoch: 1, cause: "timeout" });
    expectIn(fresh, state.since, 0);
    expectIn(fresh, state.kind === "open" ? state.probeAt : null, CIRCUIT_RULES.openMs);
  });

  test("stays closed at four failures, whatever their share", async () => {
    expect(await record(4, 4)).toMatchObject({ circuit: { state: { kind: "closed" } }, transition: null });
  });

  test("stays closed while less than half of the calls fail, and opens when it is half", async () => {
    await record(100, 0);
    expect(await record(99, 99)).toMatchObject({ circuit: { state: { kind: "closed" } }, transition: null });
    expect((await record(1, 1)).circuit.state.kind).toBe("open");
  });

  test("opens by the failures of all processes together, and tells one of them", async () => {
    const outcomes = await race(20, (each) =>
      each.record(key(), { epoch: 0, calls: 1, failures: 1, cause: "unavailable" }),
    );
    expect(transitionsIn(outcomes)).toEqual([transition("closed", "open", "unavailable")]);
    expect((await read()).state).toMatchObject({ kind: "open", epoch: 1 });
  });

  test("opens when exactly as many fail at a time as are needed", async () => {
    const outcomes = await race(5, (each) =>
      each.record(key(), { epoch: 0, calls: 1, failures: 1, cause: "unavailable" }),
    );
    expect(transitionsIn(outcomes)).toHaveLength(1);
  });

  test("remembers what lies within the window, and forgets what does not", async () => {
    await record(4, 4);
    await get().advance(CIRCUIT_RULES.windowMs - MOMENT_MS);
    await record(3, 3);
    expect((await read()).state.kind).toBe("open");
  });

  test("forgets what has left the window", async () => {
    await record(4, 4);
    await get().advance(CIRCUIT_RULES.windowMs);
    expect((await record(4, 4)).transition).toBeNull();
    expect((await record(1, 1)).transition).not.toBeNull();
  });

  test("is not changed by counts of an epoch that is over, nor of one that has not begun", async () => {
    await store().override(key(), "close");
    for (const epoch of [0, 2]) {
      const outcome = await record(50, 50, epoch);
      expect(outcome).toMatchObject({ circuit: { state: { kind: "closed", epoch: 1 } }, transition: null });
    }
    await store().override(key(), "close");
    expect((await record(1, 1, 2)).transition).toBeNull();
    expect((await read()).state).toMatchObject({ kind: "closed", epoch: 2 });
  });

  test("is not changed by counts of another epoch where nobody has written of it yet", async () => {
    expect(await record(50, 50, 3)).toMatchObject({ circuit: { state: { epoch: 0 } }, transition: null });
    expect(await record(4, 4)).toMatchObject({ circuit: { state: { kind: "closed" } } });
  });

  test("begins each epoch with an empty window", async () => {
    await record(4, 4);
    await store().override(key(), "close");
    expect((await record(4, 4, 1)).transition).toBeNull();
    expect((await record(1, 1, 1)).transition).toEqual(transition("closed", "open", "timeout"));
  });

  test("takes no counts once it is open", async () => {
    await record(5, 5);
    const outcome = await record(50, 50, 1);
    expect(outcome).toMatchObject({ circuit: { state: { kind: "open", epoch: 1 } }, transition: null });
  });

  test("is one for each provider, mode and effect", async () => {
    await record(5, 5);
    const others = [
      { ...key(), effect: "read" as const },
      { ...key(), mode: "live" },
      { ...key(), provider: `${key().provider}-2` },
    ];
    for (const other of others) {
      const outcome = await store().record(other, { epoch: 0, calls: 4, failures: 4, cause: "timeout" });
      expect(outcome).toMatchObject({ circuit: { state: { kind: "closed" } }, transition: null });
    }
  });
}

function describeProbes(get: Get): void {
  const fresh = freshCircuit(get);
  const { acquire, read, race, key, store, record, transition } = fresh;
  const settle = (owner: string, result: Parameters<CircuitStore["settleProbe"]>[1]["result"]) =>
    store().settleProbe(key(), { owner, result });
  const acquired = async () => {
    const owner = randomUUID();
    await openAndDue(fresh);
    await acquire(owner);
    return owner;
  };

  test("may not go before its time", async () => {
    await record(5, 5);
    await get().advance(CIRCUIT_RULES.openMs - MOMENT_MS);
    expect(await acquire()).toMatchObject({
      ...{ acquired: false, transition: null },
      circuit: { state: { kind: "open", epoch: 1 } },
    });
  });

  test("may not go to a circuit that is closed, or that nobody has written of", async () => {
    expect(await acquire()).toMatchObject({ acquired: false, circuit: { state: { kind: "closed" } } });
    await store().override(key(), "close");
    expect(await acquire()).toMatchObject({ acquired: false, circuit: { state: { kind: "closed" } } });
  });

  test("is taken by one of twenty that ask at a time", async () => {
    await openAndDue(fresh);
    const owners = Array.from({ length: 20 }, () => randomUUID());
    const outcomes = await race(20, (each, index) =>
      each.acquireProbe(key(), { owner: owners[index] ?? "", leaseMs: CIRCUIT_RULES.probeLeaseMs }),
    );
    const winners = owners.filter((_, index) => outcomes[index]?.acquired);
    expect(winners).toHaveLength(1);
    expect(transitionsIn(outcomes)).toEqual([transition("open", "half_open", "timeout")]);
    const { state } = await read();
    expect(state).toMatchObject({
      kind: "half_open",
      epoch: 2,
      cause: "timeout",
      probe: { owner: winners[0] },
    });
    expectIn(fresh, state.kind === "half_open" ? state.probe.leaseUntil : null, CIRCUIT_RULES.probeLeaseMs);
    // The losers learn what has become of it.
    for (const { circuit } of outcomes) expect(circuit.state.kind).toBe("half_open");
  });

  test("goes to one other when its lease is over, and the first one's outcome then changes nothing", async () => {
    const first = await acquired();
    await get().advance(CIRCUIT_RULES.probeLeaseMs - MOMENT_MS);
    expect((await acquire()).acquired).toBe(false);
    await get().advance(MOMENT_MS);
    const others = await race(20, (each) =>
      each.acquireProbe(key(), { owner: randomUUID(), leaseMs: CIRCUIT_RULES.probeLeaseMs }),
    );
    expect(others.filter((outcome) => outcome.acquired)).toHaveLength(1);
    expect(transitionsIn(others)).toEqual([transition("half_open", "half_open", "timeout")]);
    expect(await settle(first, { kind: "passed" })).toMatchObject({
      ...{ transition: null, circuit: { state: { kind: "half_open", epoch: 3 } } },
    });
  });

  test("that another owns is not ended", async () => {
    const owner = await acquired();
    for (const kind of ["passed", "released"] as const) {
      expect((await settle(randomUUID(), { kind })).transition).toBeNull();
    }
    expect((await settle(randomUUID(), { kind: "failed", cause: "timeout" })).transition).toBeNull();
    expect((await read()).state).toMatchObject({ kind: "half_open", probe: { owner } });
  });

  test("closes the circuit when it passes, once", async () => {
    const owner = await acquired();
    expect(await settle(owner, { kind: "passed" })).toMatchObject({
      circuit: { state: { kind: "closed", epoch: 3 } },
      transition: transition("half_open", "closed", "timeout"),
    });
    expect((await settle(owner, { kind: "passed" })).transition).toBeNull();
    const { state } = await read();
    expect(state).toEqual({ kind: "closed", epoch: 3, since: expect.any(Number) });
  });

  describe("that leaves the circuit on trial", () => {
    const passOnTrial = async () => settle(await acquired(), { kind: "passed", onTrial: true });

    test("closes it, and the first failure opens it again", async () => {
      expect(await passOnTrial()).toMatchObject({
        circuit: { state: { kind: "closed", epoch: 3 } },
        transition: transition("half_open", "closed", "timeout"),
      });
      expect((await record(1, 1, 3)).transition).toEqual(transition("closed", "open", "timeout"));
    });

    test("has it acquitted by more successes than there were failures to open it", async () => {
      await passOnTrial();
      await record(CIRCUIT_RULES.minimumFailures + 1, 0, 3);
      expect((await record(1, 1, 3)).transition).toBeNull();
    });

    test("has it acquitted when the window is over", async () => {
      await passOnTrial();
      await get().advance(CIRCUIT_RULES.windowMs);
      expect((await record(4, 4, 3)).transition).toBeNull();
    });

    test("by somebody who does not own the probe changes nothing", async () => {
      const owner = await acquired();
      const late = await settle(randomUUID(), { kind: "passed", onTrial: true });
      expect(late).toMatchObject({ transition: null, circuit: { state: { kind: "half_open" } } });
      await settle(owner, { kind: "passed" });
      expect((await record(4, 4, 3)).transition).toBeNull();
    });
  });

  test("opens it anew when it fails, with the new cause and the full time", async () => {
    const owner = await acquired();
    const { transition: step } = await settle(owner, { kind: "failed", cause: "unavailable" });
    expect(step).toEqual(transition("half_open", "open", "unavailable"));
    const { state } = await read();
    expect(state).toMatchObject({ kind: "open", epoch: 3, cause: "unavailable" });
    expectIn(fresh, state.kind === "open" ? state.probeAt : null, CIRCUIT_RULES.openMs);
    expect((await acquire()).acquired).toBe(false);
  });

  test("that is released may be taken by another at once, for the old cause", async () => {
    const owner = await acquired();
    const { transition: step } = await settle(owner, { kind: "released" });
    expect(step).toEqual(transition("half_open", "open", "timeout"));
    expect((await acquire()).acquired).toBe(true);
  });
}

function describeThrottling(get: Get): void {
  const fresh = freshCircuit(get);
  const { read, race, key, store, record } = fresh;

  test("lasts as long as the longest that was asked for, in whichever order", async () => {
    const waits = [20_000, 60_000, 40_000];
    await race(30, (each, index) => each.throttle(key(), waits[index % waits.length] ?? 0));
    expectIn(fresh, (await read()).throttledUntil, 60_000);
    expect((await store().throttle(key(), 10_000)).transition).toBeNull();
    expectIn(fresh, (await read()).throttledUntil, 60_000);
  });

  test("begins anew when the last one has passed", async () => {
    await store().throttle(key(), 1_000);
    await get().advance(60_000);
    expectIn(fresh, (await store().throttle(key(), 10_000)).circuit.throttledUntil, 10_000);
  });

  test("leaves the circuit and its window as they are, and outlasts its steps", async () => {
    await record(4, 4);
    const { circuit } = await store().throttle(key(), 60_000);
    expect(circuit.state).toMatchObject({ kind: "closed", epoch: 0 });
    const opened = await record(1, 1);
    expect(opened.circuit.state.kind).toBe("open");
    expectIn(fresh, opened.circuit.throttledUntil, 60_000);
  });
}

function describeOverrides(get: Get): void {
  const fresh = freshCircuit(get);
  const { acquire, read, race, key, store, record, transition } = fresh;

  test("holds a circuit open that no probe ends", async () => {
    const { transition: step } = await store().override(key(), "open");
    expect(step).toEqual(transition("closed", "open", "operator"));
    await get().advance(10 * CIRCUIT_RULES.openMs);
    expect((await acquire()).acquired).toBe(false);
    expect((await read()).state).toMatchObject({ kind: "open", cause: "operator", probeAt: null });
  });

  test("changes nothing by opening what an operator holds open already", async () => {
    const outcomes = await race(20, (each) => each.override(key(), "open"));
    expect(transitionsIn(outcomes)).toHaveLength(1);
    for (const { circuit } of outcomes) expect(circuit.state).toMatchObject({ kind: "open", epoch: 1 });
    expect((await store().override(key(), "open")).transition).toBeNull();
    expect((await read()).state.epoch).toBe(1);
  });

  test("takes over a circuit that failures have opened, and ends the claim of a probe", async () => {
    await openAndDue(fresh);
    const owner = randomUUID();
    await acquire(owner);
    const { transition: step } = await store().override(key(), "open");
    expect(step).toEqual(transition("half_open", "open", "operator"));
    const late = await store().settleProbe(key(), { owner, result: { kind: "passed" } });
    expect(late).toMatchObject({ transition: null, circuit: { state: { kind: "open", cause: "operator" } } });
  });

  test.each(["close", "reset"] as const)("can %s an open circuit, with a new epoch", async (action) => {
    await record(5, 5);
    const outcome = await store().override(key(), action);
    expect(outcome.transition).toEqual(transition("open", "closed", "timeout"));
    expect((await read()).state).toMatchObject({ kind: "closed", epoch: 2 });
  });

  test("forgets throttling by a reset, and not by closing", async () => {
    await store().throttle(key(), 60_000);
    await store().override(key(), "close");
    expectIn(fresh, (await read()).throttledUntil, 60_000);
    await store().override(key(), "reset");
    expect((await read()).throttledUntil).toBeNull();
  });
}
