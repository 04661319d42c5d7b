/** Guards that a read which finds the vendor alive does not count as a write that worked. */
import { describe, expect, test } from "vitest";
import { CIRCUIT_RULES } from "@/lib/resilience/circuit-state";
import {
  type Behaviour,
  circuitOf,
  failure,
  policyUnderTest,
  READ,
  WRITE,
} from "@/tests/support/policy-under-test";

const writes = circuitOf("write");

/** A circuit whose probe is due, and calls that end at once: background calls are attempted once. */
async function due(effect: "read" | "write") {
  const core = policyUnderTest({ context: { origin: "background" } });
  await core.breakCircuit(effect);
  await core.clock.advance(CIRCUIT_RULES.openMs);
  const description = effect === "read" ? READ : WRITE;
  return {
    ...core,
    calls: async (count: number, behaviour: Behaviour) => {
      for (let made = 0; made < count; made += 1)
        await core.call(description, behaviour).catch(() => undefined);
      await core.breakers.flush();
    },
    state: () => core.store.peek(circuitOf(effect)).state.kind,
  };
}

describe("a circuit of writes that a read has closed", () => {
  test("is open again after one write that fails", async () => {
    const { probe, calls, state } = await due("write");
    expect(await probe("write", "ok")).toBe(true);
    expect(state()).toBe("closed");
    await calls(1, "unavailable");
    expect(state()).toBe("open");
  });

  test.each([failure("not_found"), failure("rate_limited", { retryAfterMs: null })])(
    "is on trial as well when the read was refused ($kind)",
    async (refusal) => {
      const { probe, calls, state } = await due("write");
      await probe("write", refusal).catch(() => undefined);
      expect(state()).toBe("closed");
      await calls(1, "unavailable");
      expect(state()).toBe("open");
    },
  );

  test("stays closed by one failure after writes that worked", async () => {
    const { probe, calls, state } = await due("write");
    await probe("write", "ok");
    await calls(CIRCUIT_RULES.minimumFailures + 1, "ok");
    await calls(1, "unavailable");
    expect(state()).toBe("closed");
  });

  test("is as any other after half a minute", async () => {
    const { probe, calls, clock, state } = await due("write");
    await probe("write", "ok");
    await clock.advance(CIRCUIT_RULES.windowMs);
    await calls(CIRCUIT_RULES.minimumFailures - 1, "unavailable");
    expect(state()).toBe("closed");
  });

  test("is on trial in a process that decides alone, too", async () => {
    const core = policyUnderTest({
      context: { origin: "background" },
      between: (store) => ({ ...store, read: () => Promise.reject(new Error("connection refused")) }),
    });
    for (let made = 0; made < CIRCUIT_RULES.minimumFailures; made += 1)
      await core.call(WRITE, "unavailable").catch(() => undefined);
    await core.clock.advance(CIRCUIT_RULES.openMs);
    await core.probe("write", "ok");
    await core.call(WRITE, "unavailable").catch(() => undefined);
    await expect(core.call(WRITE, "ok")).rejects.toMatchObject({ kind: "circuit_open" });
    expect(core.store.peek(writes).state.kind).toBe("closed");
  });
});

test("a circuit that a call of its own kind has closed is not on trial: a write's, and a read's by the monitor", async () => {
  const write = await due("write");
  await write.calls(1, "ok");
  const read = await due("read");
  await read.probe("read", "ok");
  for (const { calls, state } of [write, read]) {
    await calls(CIRCUIT_RULES.minimumFailures - 1, "unavailable");
    expect(state()).toBe("closed");
  }
});
