import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CallClass, createPolicy, DEADLINES } from "@/lib/resilience/policy";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const run = createPolicy("acme");
const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
/** The outcome as it stands now, without waiting for it. */
const settled = async (call: Promise<unknown>) =>
  Promise.race([
    call.then(
      () => "done",
      (error) => error,
    ),
    "pending",
  ]);

describe("a vendor call", () => {
  test.each([
    ["read", 5_000],
    ["write", 8_000],
    ["background", 10_000],
  ] satisfies [CallClass, number][])(
    "of class %s ends after %i ms, and not before",
    async (callClass, deadlineMs) => {
      const call = run({ operation: "things.do", class: callClass }, never);
      call.catch(() => undefined);
      await vi.advanceTimersByTimeAsync(deadlineMs - 1);
      expect(await settled(call)).toBe("pending");
      await vi.advanceTimersByTimeAsync(1);
      await expect(call).rejects.toMatchObject({
        name: "IntegrationError",
        kind: "timeout",
        retryable: true,
        provider: "acme",
        operation: "things.do",
      });
    },
  );

  test("is told to stop at its deadline", async () => {
    let told: AbortSignal | undefined;
    const call = run({ operation: "things.do", class: "read" }, (signal) => {
      told = signal;
      return never(signal);
    });
    call.catch(() => undefined);
    expect(told?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(DEADLINES.read.attemptMs);
    expect(told?.aborted).toBe(true);
  });

  test("that ignores the signal ends on time all the same", async () => {
    const call = run({ operation: "things.do", class: "read" }, () => new Promise(() => undefined));
    call.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(DEADLINES.read.attemptMs);
    await expect(call).rejects.toMatchObject({ kind: "timeout" });
  });

  test("that answers leaves no timer behind, nor does one that fails", async () => {
    await expect(run({ operation: "x", class: "read" }, async () => 42)).resolves.toBe(42);
    const failure = new Error("refused");
    const failing = run({ operation: "x", class: "read" }, async () => {
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("never ends later overall than an attempt may take", () => {
    for (const { attemptMs, overallMs } of Object.values(DEADLINES))
      expect(attemptMs).toBeLessThanOrEqual(overallMs);
  });
});
