/** Whole outages at a steady load, on a fake clock: how many calls reach a vendor in trouble, and how it is met after. */
import { describe, expect, test } from "vitest";
import { CIRCUIT_RULES } from "@/lib/resilience/circuit-state";
import { CONCURRENCY } from "@/lib/resilience/concurrency-limit";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { RETRY_BUDGET } from "@/lib/resilience/retry-budget";
import { type Behaviour, behave, circuitOf, policyUnderTest, READ } from "@/tests/support/policy-under-test";

const SECOND = 1_000;
const LATENCY_MS = 40;

/** A load of so many reads a second on a vendor that behaves as the test says, in turns of 20 ms; flushed each second. */
function loadUnderTest(callsPerSecond: number) {
  let seed = 1;
  // Chance that repeats itself: a failed run can be run again.
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const core = policyUnderTest({ random });
  const { clock, policy } = core;
  const begunAt = clock.now();
  const arrived: { at: number; number: number }[] = [];
  let vendor: () => Behaviour = () => "ok";
  let offered = 0;
  let ended = 0;
  let owed = 0;

  function call(): void {
    offered += 1;
    const done = () => {
      ended += 1;
    };
    policy(READ, async ({ number }) => {
      arrived.push({ at: clock.now() - begunAt, number });
      const behaviour = vendor();
      if (behaviour !== "hangs") await new Promise<void>((resolve) => clock.after(LATENCY_MS, resolve));
      return behave(behaviour);
    }).then(done, done);
  }

  return {
    ...core,
    arrived,
    state: () => core.store.peek(circuitOf("read")).state.kind,
    openings: () => core.transitions.filter(({ from, to }) => from === "closed" && to === "open").length,
    vendorIs: (behaviour: () => Behaviour) => {
      vendor = behaviour;
    },
    under: () => ({ offered, ended }),
    at: () => clock.now() - begunAt,
    run: async (milliseconds: number) => {
      for (let passed = 0; passed < milliseconds; passed += 20) {
        for (owed += callsPerSecond / 50; owed >= 1; owed -= 1) call();
        await clock.advance(20);
        if (clock.now() % SECOND === 0) await core.breakers.flush();
      }
    },
    arrivedBetween: (from: number, until: number) => arrived.filter(({ at }) => at >= from && at < until),
  };
}

describe.each([
  ["refuses", "unavailable"],
  ["hangs", "hangs"],
] as const)("a vendor that %s for two minutes under 50 calls a second", (_, behaviour) => {
  async function outage() {
    const load = loadUnderTest(50);
    await load.run(40 * SECOND);
    const from = load.at();
    load.vendorIs(() => behaviour);
    for (let waited = 0; load.state() === "closed" && waited < 60 * SECOND; waited += 20) await load.run(20);
    const openedAt = load.at();
    await load.run(120 * SECOND - (openedAt - from));
    return { load, from, openedAt, until: load.at() };
  }

  test("is called as often as people ask until the circuit opens, and its budget of retries more", async () => {
    const { load, from, openedAt } = await outage();
    const seen = load.arrivedBetween(from, openedAt);
    const offered = Math.ceil(((openedAt - from) / SECOND) * 50) + CONCURRENCY.waiting;
    const retries = seen.filter(({ number }) => number > 1).length;
    const budget = RETRY_BUDGET.share * 50 * 66 + RETRY_BUDGET.reserve;
    expect(retries).toBeLessThanOrEqual(budget);
    expect(seen.length).toBeLessThanOrEqual(offered + budget);
    // Half of the last thirty seconds' calls.
    expect(openedAt - from).toBeLessThanOrEqual(CIRCUIT_RULES.windowMs + CALL_LIMITS.read.overallMs);
  });

  test("is called by one probe in thirty seconds after that, and by nobody else", async () => {
    const { load, openedAt, until } = await outage();
    const seen = load.arrivedBetween(openedAt + 20, until);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.length).toBeLessThanOrEqual(Math.ceil((until - openedAt) / CIRCUIT_RULES.openMs));
    for (const [index, { at }] of seen.entries()) {
      const next = seen[index + 1];
      if (next) expect(next.at - at).toBeGreaterThanOrEqual(CIRCUIT_RULES.openMs);
    }
  });

  test("answers everybody in time", async () => {
    const { load } = await outage();
    await load.clock.advance(CALL_LIMITS.read.overallMs);
    const { offered, ended } = load.under();
    expect(ended).toBe(offered);
    expect(load.clock.waiting()).toBe(0);
  });

  test("is not met by a herd when it is back", async () => {
    const { load } = await outage();
    load.vendorIs(() => "ok");
    for (let waited = 0; load.state() !== "closed" && waited < 60 * SECOND; waited += 20) await load.run(20);
    const closedAt = load.at();
    await load.run(10 * SECOND);
    for (let second = 0; second < 10; second += 1) {
      const from = closedAt + second * SECOND;
      // Nobody waits behind an open circuit: the offered rate, and who was in the middle of a backoff.
      expect(load.arrivedBetween(from, from + SECOND).length).toBeLessThanOrEqual(50 + 5);
    }
    expect(load.arrivedBetween(closedAt, closedAt + 10 * SECOND).length).toBeGreaterThanOrEqual(495);
    expect(load.state()).toBe("closed");
  });
});

describe("a vendor that fails one call in a thousand, under 1,000 calls a second", () => {
  test("is never shut out, and retries stay a small part", { timeout: 60_000 }, async () => {
    const load = loadUnderTest(1_000);
    let made = 0;
    load.vendorIs(() => {
      made += 1;
      return made % 1_000 === 0 ? "unavailable" : "ok";
    });
    for (let minute = 0; minute < 2; minute += 1) {
      const from = load.at();
      await load.run(60 * SECOND);
      const seen = load.arrivedBetween(from, load.at());
      const retries = seen.filter(({ number }) => number > 1).length;
      expect(seen.length).toBeGreaterThan(59_000);
      expect(retries).toBeGreaterThan(50);
      expect(retries).toBeLessThanOrEqual(seen.length * RETRY_BUDGET.share + RETRY_BUDGET.reserve);
    }
    expect(load.openings()).toBe(0);
    expect(load.heldBack).toEqual([]);
  });
});

test("a vendor that fails every third call stays in use, and retries stay within their budget", async () => {
  const load = loadUnderTest(50);
  let made = 0;
  load.vendorIs(() => {
    made += 1;
    return made % 3 === 0 ? "unavailable" : "ok";
  });
  await load.run(120 * SECOND);
  const first = load.arrived.filter(({ number }) => number === 1).length;
  const retries = load.arrived.length - first;
  expect(load.openings()).toBe(0);
  expect(first).toBeGreaterThan(5_900);
  // Two minutes: a tenth of all calls and two reserves.
  expect(retries).toBeLessThanOrEqual(first * RETRY_BUDGET.share + 2 * RETRY_BUDGET.reserve);
  expect(retries).toBeGreaterThan(first * RETRY_BUDGET.share * 0.8);
});
