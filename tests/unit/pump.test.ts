/** Guards what the pump does around the work of any table: in which context it runs, and what becomes of what fails. */
import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { IntegrationError, type IntegrationErrorOptions } from "@/lib/errors/integration-error";
import type { NextAttempt } from "@/lib/pump/backoff";
import { type WorkItem, type WorkSource, workFrom } from "@/lib/pump/pump";
import { requestContext, withRequestContext } from "@/lib/request-context";

const CORRELATION = "0192f0c1-0000-7000-8000-000000000001";

interface Rescheduled {
  next: NextAttempt;
  lastError: string;
}

/** Runs one item whose work is `process`; answers what was made of it. */
async function runOne(
  process: () => Promise<void>,
  changes: Partial<WorkSource<WorkItem>> = {},
): Promise<Rescheduled | "done"> {
  let outcome: Rescheduled | "done" = "done";
  const source: WorkSource<WorkItem> = {
    name: "test",
    claim: async () => [{ id: "1", attempts: 4, leaseToken: "token" }],
    bornAt: () => new Date(),
    correlationId: () => CORRELATION,
    process,
    reschedule: async (_item, next, lastError) => {
      outcome = { next, lastError };
    },
    ...changes,
  };
  await workFrom(source).runBatch();
  return outcome;
}

describe("a piece of work", () => {
  test("runs in the background, under the id of what caused it, whoever started the run", async () => {
    const seen: unknown[] = [];
    const run = () =>
      runOne(async () => {
        seen.push(requestContext());
      });
    await withRequestContext({ origin: "interactive", overallMs: 10 }, run);
    expect(seen).toEqual([{ origin: "background", deadlineAt: null, correlationId: CORRELATION }]);
  });

  test("that nobody knows the cause of gets an id of its own", async () => {
    const seen: unknown[] = [];
    await runOne(
      async () => {
        seen.push(requestContext().correlationId);
      },
      { correlationId: () => null },
    );
    expect(seen).toEqual([expect.stringMatching(/^[0-9a-f]{8}-/)]);
    expect(seen).not.toContain(CORRELATION);
  });
});

describe("a piece of work that fails", () => {
  const failing = (kind: ConstructorParameters<typeof IntegrationError>[0], changes: object = {}) => {
    const options: IntegrationErrorOptions = { provider: "acme", operation: "things.make", ...changes };
    return runOne(async () => {
      throw new IntegrationError(kind, options);
    });
  };

  test("is tried again, with our own words for why", async () => {
    const outcome = await failing("unavailable", { status: 503 });
    expect(outcome).toMatchObject({
      next: { kind: "retry" },
      lastError: "acme things.make: unavailable (503)",
    });
    const bug = await runOne(async () => {
      throw new TypeError("ann@example.com is not a function");
    });
    expect(bug).toMatchObject({ next: { kind: "retry" }, lastError: "TypeError" });
  });

  test("because the breaker is open only waits for as long as that lasts", async () => {
    const outcome = await failing("circuit_open", { retryAfterMs: 12_000 });
    if (outcome === "done" || outcome.next.kind !== "wait") throw new Error("it waits");
    expect(outcome.next.delayMs).toBeGreaterThanOrEqual(12_000);
    expect(outcome.next.delayMs).toBeLessThanOrEqual(13_000);
  });

  test("because the vendor was left alone, as it had asked, only waits; because it says so now, it has failed", async () => {
    const mayHaveTakenEffect = false;
    expect(await failing("rate_limited", { retryAfterMs: 5_000, mayHaveTakenEffect })).toMatchObject({
      next: { kind: "wait" },
    });
    expect(await failing("rate_limited", { retryAfterMs: 5_000, status: 429 })).toMatchObject({
      next: { kind: "retry" },
    });
  });

  test("for good is given up at once, with its reason", async () => {
    const outcome = await runOne(async () => {
      throw new GiveUpError("may have been sent; nobody can say");
    });
    expect(outcome).toEqual({ next: { kind: "dead" }, lastError: "may have been sent; nobody can say" });
  });

  test("is tried again although trying again could not help today: a fix may be deployed", async () => {
    const outcome = await runOne(async () => {
      throw new AppError("internal", { userMessage: "No." });
    });
    expect(outcome).toMatchObject({ next: { kind: "retry" } });
    expect(await failing("credentials_rejected")).toMatchObject({ next: { kind: "retry" } });
  });
});
