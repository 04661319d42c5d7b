/** Guards what the pump does around the work of any table: in which context it runs, and what becomes of what fails. */
import { EventEmitter, once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { IntegrationError, type IntegrationErrorOptions } from "@/lib/errors/integration-error";
import { NotYetError } from "@/lib/errors/not-yet-error";
import { logger } from "@/lib/logger";
import type { NextAttempt } from "@/lib/pump/backoff";
import { createPump, type Work, type WorkItem, type WorkSource, workFrom } from "@/lib/pump/pump";
import { requestContext, withRequestContext } from "@/lib/request-context";

const CORRELATION = "0192f0c1-0000-7000-8000-000000000001";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

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
    expect(seen).toMatchObject([{ origin: "background", correlationId: CORRELATION }]);
  });

  test("ends all its calls together long before its lease does", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    let leasedMs = 0;
    let deadlineAt: number | null = null;
    await runOne(
      async () => {
        deadlineAt = requestContext().deadlineAt;
      },
      {
        claim: async (_limit, leaseMs) => {
          leasedMs = leaseMs;
          return [{ id: "1", attempts: 1, leaseToken: "token" }];
        },
      },
    );
    const leftMs = (deadlineAt ?? Number.POSITIVE_INFINITY) - Date.now();
    expect(leftMs).toBe(15_000);
    // It ends with statements of its own, each of which may take ten seconds.
    expect(leftMs).toBeLessThanOrEqual(leasedMs - 30_000);
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

  test("because it is too early only waits until it is time, and says what for", async () => {
    const outcome = await runOne(async () => {
      throw new NotYetError(600_000, "may have been sent; the vendor does not surely know yet");
    });
    if (outcome === "done" || outcome.next.kind !== "wait") throw new Error("it waits");
    expect(outcome.next.delayMs).toBeGreaterThanOrEqual(600_000);
    expect(outcome.next.delayMs).toBeLessThanOrEqual(601_000);
    expect(outcome.lastError).toBe("may have been sent; the vendor does not surely know yet");
  });
});

describe("a batch", () => {
  test("is done to its end and counted although a failure cannot be written down", async () => {
    const errors = vi.spyOn(logger, "error");
    const failure = new EventEmitter();
    const ended: string[] = [];
    const source: WorkSource<WorkItem> = {
      name: "test",
      claim: async () => ["fails", "works"].map((id) => ({ id, attempts: 1, leaseToken: "token" })),
      bornAt: () => new Date(),
      correlationId: () => null,
      process: async ({ id }) => {
        if (id === "fails") throw new Error("no database");
        await once(failure, "told");
        ended.push(id);
      },
      reschedule: async () => {
        // The other one goes on after this has failed.
        setImmediate(() => failure.emit("told"));
        throw new TypeError("no database");
      },
    };
    expect(await createPump([workFrom(source)]).run(0)).toEqual({ processed: 1, failed: 1 });
    expect(ended).toEqual(["works"]);
    expect(errors.mock.calls).toEqual([
      [expect.objectContaining({ source: "test", id: "fails", error: "TypeError" }), expect.any(String)],
    ]);
  });
});

describe("a run", () => {
  /** Always has more to do, and takes so long for each batch of it. */
  const endless = (name: string, batchMs: number, begun: string[]): Work => ({
    name,
    runBatch: async () => {
      begun.push(name);
      vi.setSystemTime(Date.now() + batchMs);
      return { claimed: 1, processed: 1, failed: 0 };
    },
  });

  test("looks at every source once, however long the first takes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const begun: string[] = [];
    await createPump([endless("inbox", 15_000, begun), endless("outbox", 15_000, begun)]).run(0);
    expect(begun).toEqual(["inbox", "outbox"]);
  });

  test("begins no further batch once its time is up: it is over one batch later at most", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const begun: string[] = [];
    const startedAt = Date.now();
    await createPump([endless("inbox", 8_000, begun), endless("outbox", 8_000, begun)]).run(20_000);
    expect(begun).toEqual(["inbox", "outbox", "inbox"]);
    expect(Date.now() - startedAt).toBe(24_000);
  });
});
