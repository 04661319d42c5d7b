/** Guards that work in several steps can learn before the first one that its last one would be refused. */
import { expect, test } from "vitest";
import { CIRCUIT_RULES } from "@/lib/resilience/circuit-state";
import { circuitOf, outcomeOf, policyUnderTest, WRITE } from "@/tests/support/policy-under-test";

test("it lets work begin while the circuit is closed, whatever the other one is", async () => {
  const { policy, breakCircuit, heldBack } = policyUnderTest();
  await breakCircuit("read");
  await expect(policy.refuseIfOpen("write", "refund.create")).resolves.toBeUndefined();
  expect(heldBack).toEqual([]);
});

test("it fails as the call would: nothing was sent, and when it may be tried again", async () => {
  const { policy, breakCircuit, heldBack, attempts, arrived, clock, call } = policyUnderTest();
  await breakCircuit("write");
  await clock.advance(10_000);
  const error = await policy.refuseIfOpen("write", "refund.create").catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    kind: "circuit_open",
    operation: "refund.create",
    retryAfterMs: CIRCUIT_RULES.openMs - 10_000,
    mayHaveTakenEffect: false,
  });
  expect(heldBack).toMatchObject([{ by: "circuit", effect: "write", operation: "refund.create", error }]);
  expect([...attempts, ...arrived]).toEqual([]);
  await expect(call(WRITE, "ok")).rejects.toMatchObject({
    kind: "circuit_open",
    retryAfterMs: CIRCUIT_RULES.openMs - 10_000,
  });
});

test("it leaves a probe that is due to the call itself", async () => {
  const { policy, breakCircuit, clock, store, call } = policyUnderTest();
  await breakCircuit("write");
  await clock.advance(CIRCUIT_RULES.openMs);
  await policy.refuseIfOpen("write", "refund.create");
  expect(store.peek(circuitOf("write")).state.kind).toBe("open");

  const probe = outcomeOf(call(WRITE, "hangs"));
  await clock.advance(0);
  expect(probe.state).toBe("pending");
  await expect(policy.refuseIfOpen("write", "refund.create")).rejects.toMatchObject({ kind: "circuit_open" });
});

test("it does not refuse for a vendor that only asked to be left alone for a moment", async () => {
  const { policy, store } = policyUnderTest();
  await store.throttle(circuitOf("write"), 2_000);
  await expect(policy.refuseIfOpen("write", "refund.create")).resolves.toBeUndefined();
});

test("it waits for a store that does not answer no longer than a call does", async () => {
  const { policy, clock } = policyUnderTest({
    between: (store) => ({ ...store, read: () => new Promise(() => undefined) }),
  });
  const asked = outcomeOf(policy.refuseIfOpen("write", "refund.create"));
  await clock.advance(50);
  expect(asked.state).toBe("resolved");
});
