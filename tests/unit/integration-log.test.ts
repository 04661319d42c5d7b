/** Guards the line that is written of each vendor call: whoever reads it finds the call, and no person. */
import { beforeAll, describe, expect, test } from "vitest";
import { logLines, runModule } from "@/tests/support/run-module";

const ID = "3f9a1c2e-0000-4000-8000-000000000001";

let lines: Record<string, unknown>[];

beforeAll(async () => {
  const run = await runModule(`
    const { loggingHooks: hooks } = await load("lib/integration-log.ts");
    const { IntegrationError } = await load("lib/errors/integration-error.ts");
    const context = { origin: "interactive", deadlineAt: 1, correlationId: "${ID}" };
    const call = { provider: "stripe", mode: "live", operation: "checkout.create", effect: "write", context };
    const seen = { number: 1, isProbe: false, durationMs: 120, status: null, requestId: "req_1", quota: null };
    hooks.onAttempt({ ...call, ...seen, outcome: "ok", quota: { limit: 100, remaining: 7, resetsInMs: 5 } });
    hooks.onAttempt({ ...call, ...seen, number: 2, outcome: "unavailable", status: 503 });
    const error = new IntegrationError("circuit_open", { ...call, retryAfterMs: 900 });
    hooks.onHeldBack({ ...call, by: "circuit", error });
    const key = { provider: "stripe", mode: "live", effect: "write" };
    hooks.onTransition({ key, from: "closed", to: "open", cause: "timeout" });
    hooks.onStore(false);
    hooks.onStore(true);
  `);
  expect(run.stderr).toBe("");
  lines = logLines(run);
});

const CALL = {
  provider: "stripe",
  mode: "live",
  operation: "checkout.create",
  effect: "write",
  origin: "interactive",
  correlationId: ID,
};
const INFO = 30;
const WARN = 40;

describe("the log of integrations", () => {
  test("has a line for each attempt, with what finds it here and at the vendor", () => {
    const seen = { attempt: 1, isProbe: false, durationMs: 120, requestId: "req_1" };
    const time = expect.any(Number);
    expect(lines.slice(0, 2)).toEqual([
      { ...CALL, ...seen, level: INFO, time, outcome: "ok", quotaRemaining: 7, msg: "vendor call" },
      {
        ...CALL,
        ...seen,
        level: WARN,
        time,
        attempt: 2,
        outcome: "unavailable",
        status: 503,
        msg: "vendor call",
      },
    ]);
  });

  test("has a line for what never reached the vendor, and says what held it back", () => {
    expect(lines[2]).toMatchObject({ ...CALL, level: WARN, heldBackBy: "circuit", retryAfterMs: 900 });
  });

  test("has a line for each change of a circuit and of their store", () => {
    expect(lines[3]).toMatchObject({ provider: "stripe", from: "closed", to: "open", cause: "timeout" });
    expect(lines.slice(4).map(({ level }) => level)).toEqual([WARN, INFO]);
  });

  test("loses no field to the list", () => {
    expect(lines).toHaveLength(6);
    expect(lines.filter(({ dropped }) => dropped)).toEqual([]);
  });
});
