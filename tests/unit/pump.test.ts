/** Guards what the pump does around a piece of work: in which context it runs, and what becomes of what fails. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { LAPSED, MOST_LAPSES } from "@/lib/db/leases";
import { AppError } from "@/lib/errors/app-error";
import { GiveUpError } from "@/lib/errors/give-up-error";
import { IntegrationError, type IntegrationErrorOptions } from "@/lib/errors/integration-error";
import { NotYetError } from "@/lib/errors/not-yet-error";
import { logger } from "@/lib/logger";
import type { NextAttempt } from "@/lib/pump/backoff";
import { type WorkRow, type WorkSource, workFrom } from "@/lib/pump/work";
import { requestContext, withRequestContext } from "@/lib/request-context";

const CORRELATION = "0192f0c1-0000-7000-8000-000000000001";
const EVENT = "0192f0c1-0000-7000-8000-000000000002";
const DAY = 24 * 60 * 60 * 1_000;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface GivenBack {
  id: string;
  next: NextAttempt;
  lastError: string;
}

const rowOf = (changes: Partial<WorkRow> = {}): WorkRow => ({
  ...{ id: "1", attempts: 4, lapses: 0, leaseToken: "token", bornAt: new Date() },
  ...changes,
});

/** Runs one item whose work is `process`; answers what was made of its rows. */
async function runOne(
  process: () => Promise<void>,
  changes: Partial<WorkSource<WorkRow[]>> = {},
  rows: [WorkRow, ...WorkRow[]] = [rowOf()],
): Promise<GivenBack[] | "done"> {
  let outcome: GivenBack[] | "done" = "done";
  const source: WorkSource<WorkRow[]> = {
    name: "test",
    claim: async () => [rows],
    rowsOf: () => rows,
    contextOf: () => ({ correlationId: CORRELATION, eventId: EVENT }),
    process,
    leases: {
      giveBack: async (given, lastError) => {
        outcome = given.map(({ id, next }) => ({ id, next, lastError }));
        return given.map(({ id }) => id);
      },
      release: async () => undefined,
    },
    ...changes,
  };
  for (const piece of await workFrom(source).claim(1)) await piece.run();
  return outcome;
}

/** The one row's fate. */
async function fateOf(process: () => Promise<void>): Promise<Omit<GivenBack, "id"> | "done"> {
  const outcome = await runOne(process);
  const [row] = outcome === "done" ? [] : outcome;
  return row ? { next: row.next, lastError: row.lastError } : "done";
}

describe("a piece of work", () => {
  test("runs in the background, under the id of what caused it and of its event, whoever started the run", async () => {
    const seen: unknown[] = [];
    const run = () =>
      runOne(async () => {
        seen.push(requestContext());
      });
    await withRequestContext({ origin: "interactive", overallMs: 10 }, run);
    expect(seen).toMatchObject([{ origin: "background", correlationId: CORRELATION, eventId: EVENT }]);
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
          return [[rowOf()]];
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
      { contextOf: () => ({ correlationId: null, eventId: null }) },
    );
    expect(seen).toEqual([expect.stringMatching(/^[0-9a-f]{8}-/)]);
    expect(seen).not.toContain(CORRELATION);
  });
});

describe("a piece of work that fails", () => {
  const failing = (kind: ConstructorParameters<typeof IntegrationError>[0], changes: object = {}) => {
    const options: IntegrationErrorOptions = { provider: "acme", operation: "things.make", ...changes };
    return fateOf(async () => {
      throw new IntegrationError(kind, options);
    });
  };

  test("is tried again, with our own words for why", async () => {
    const outcome = await failing("unavailable", { status: 503 });
    expect(outcome).toMatchObject({
      next: { kind: "retry" },
      lastError: "acme things.make: unavailable (503)",
    });
    const bug = await fateOf(async () => {
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
    const outcome = await fateOf(async () => {
      throw new GiveUpError("may have been sent; nobody can say");
    });
    expect(outcome).toEqual({ next: { kind: "dead" }, lastError: "may have been sent; nobody can say" });
  });

  test("is tried again although trying again could not help today: a fix may be deployed", async () => {
    const outcome = await fateOf(async () => {
      throw new AppError("internal", { userMessage: "No." });
    });
    expect(outcome).toMatchObject({ next: { kind: "retry" } });
    expect(await failing("credentials_rejected")).toMatchObject({ next: { kind: "retry" } });
  });

  test("because it is too early only waits until it is time, and says what for", async () => {
    const outcome = await fateOf(async () => {
      throw new NotYetError(600_000, "may have been sent; the vendor does not surely know yet");
    });
    if (outcome === "done" || outcome.next.kind !== "wait") throw new Error("it waits");
    expect(outcome.next.delayMs).toBeGreaterThanOrEqual(600_000);
    expect(outcome.next.delayMs).toBeLessThanOrEqual(601_000);
    expect(outcome.lastError).toBe("may have been sent; the vendor does not surely know yet");
  });
});

describe("rows that are done together", () => {
  const fails = async () => {
    throw new Error("no");
  };

  test("come back together, as soon as the one that was tried least, and die each by its own age", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const outcome = await runOne(fails, {}, [
      rowOf({ id: "old", attempts: 90, bornAt: new Date(Date.now() - 4 * DAY) }),
      rowOf({ id: "tried", attempts: 9 }),
      rowOf({ id: "new", attempts: 1 }),
    ]);
    expect(outcome).toEqual([
      { id: "old", next: { kind: "dead" }, lastError: "Error" },
      { id: "tried", next: { kind: "retry", delayMs: 500 }, lastError: "Error" },
      { id: "new", next: { kind: "retry", delayMs: 500 }, lastError: "Error" },
    ]);
  });

  test("are told of when one is given up, and not where somebody else has it by then", async () => {
    const bornAt = new Date(Date.now() - 4 * DAY);
    const onGivenUp = vi.fn();
    await runOne(fails, { onGivenUp }, [rowOf()]);
    expect(onGivenUp).not.toHaveBeenCalled();
    await runOne(fails, { onGivenUp }, [rowOf({ bornAt })]);
    expect(onGivenUp).toHaveBeenCalledOnce();
    const leases = { giveBack: async () => [], release: async () => undefined };
    await runOne(fails, { onGivenUp, leases }, [rowOf({ bornAt })]);
    expect(onGivenUp).toHaveBeenCalledOnce();
  });

  test("are tried once more however long nobody came to them", async () => {
    const process = vi.fn(async () => undefined);
    const bornAt = new Date(Date.now() - 4 * DAY);
    expect(await runOne(process, {}, [rowOf({ bornAt, attempts: 1 })])).toBe("done");
    expect(await runOne(process, {}, [rowOf({ bornAt, attempts: 90 })])).toBe("done");
    expect(process).toHaveBeenCalledTimes(2);
  });

  test("whose worker never came to an end are begun again once; then they have failed, and those beside them wait", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const process = vi.fn(async () => undefined);
    expect(await runOne(process, {}, [rowOf({ attempts: 2, lapses: 1 })])).toBe("done");
    expect(process).toHaveBeenCalledOnce();
    const outcome = await runOne(process, {}, [
      rowOf({ id: "killer", attempts: 5, lapses: 2 }),
      rowOf({ id: "new", attempts: 1 }),
    ]);
    expect(outcome).toEqual([
      { id: "killer", next: { kind: "retry", delayMs: 8_000 }, lastError: LAPSED },
      { id: "new", next: { kind: "wait", delayMs: 8_000 }, lastError: LAPSED },
    ]);
    expect(process).toHaveBeenCalledOnce();
  });

  test("are given up once that went on for too long, or too often", async () => {
    const process = vi.fn(async () => undefined);
    const dead = [{ id: "1", next: { kind: "dead" }, lastError: LAPSED }];
    const bornAt = new Date(Date.now() - 4 * DAY);
    expect(await runOne(process, {}, [rowOf({ lapses: 1, bornAt })])).toEqual(dead);
    expect(await runOne(process, {}, [rowOf({ lapses: MOST_LAPSES })])).toEqual(dead);
    expect(process).not.toHaveBeenCalled();
  });

  test("that cannot be given back are nobody else's trouble", async () => {
    const errors = vi.spyOn(logger, "error");
    const giveBack = async () => {
      throw new TypeError("no database");
    };
    await runOne(fails, { leases: { giveBack, release: async () => undefined } });
    expect(errors.mock.calls).toEqual([
      [expect.objectContaining({ source: "test", id: "1", error: "TypeError" }), expect.any(String)],
    ]);
  });
});
