/**
 * Guards what surrounds a server action: one id and one deadline for all that it asks of vendors, a reference for the
 * person where there is a cause to look for, and a report of what nobody expected. Next's request is stood in for.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { AppError } from "@/lib/errors/app-error";
import { IntegrationError, type IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { ErrorIds, Monitoring } from "@/lib/integrations/monitoring/port";
import { processSingleton } from "@/lib/process-singleton";
import { requestContext } from "@/lib/request-context";
import type { CallContext } from "@/lib/resilience/call";

const GIVEN = "3f9a1c2e-0000-4000-8000-000000000001";
let requestHeaders = new Headers();
/** What surrounds the work that is left for after the answer. */
let afterwards: CallContext | undefined;

vi.mock("next/headers", () => ({ headers: async () => requestHeaders }));
vi.mock("next/server", () => ({
  after: () => {
    afterwards = requestContext();
  },
}));

const captured: { error: unknown; ids: ErrorIds | undefined }[] = [];
// In its place before anybody asks for it.
processSingleton<Monitoring>("monitoring", () => ({
  configuration: null,
  captureError: (error, ids) => captured.push({ error, ids }),
  captureAlert: () => undefined,
  flush: async () => undefined,
}));

const { createAction } = await import("@/lib/actions/create-action");

let made = 0;

/** Calls a public action that does this, as a form without JavaScript would. */
function act<T>(run: () => Promise<T>, input: z.ZodType<unknown> = z.object({})) {
  made += 1;
  const action = createAction({
    name: `test.${made}`,
    access: "public",
    input,
    run: async () => ({ data: await run() }),
  });
  return action(null, new FormData());
}

const failing = (error: unknown) =>
  act(async () => {
    throw error;
  });

beforeEach(() => {
  requestHeaders = new Headers({ "x-correlation-id": GIVEN });
  afterwards = undefined;
  captured.length = 0;
});

describe("an action", () => {
  test("runs as one request of somebody who waits, with ten seconds for all of it", async () => {
    const startedAt = Date.now();
    const result = await act(async () => requestContext());
    if (!result?.ok) throw new Error("the action failed");
    expect(result.data).toMatchObject({ origin: "interactive", correlationId: GIVEN });
    const overallMs = (result.data.deadlineAt ?? 0) - startedAt;
    expect(overallMs).toBeGreaterThanOrEqual(10_000);
    expect(overallMs).toBeLessThan(11_000);
  });

  test("makes an id of its own where the request brings none, or one that is none", async () => {
    const ids = new Set<string | null>();
    for (const header of ["", "ann@example.com"]) {
      requestHeaders = new Headers({ "x-correlation-id": header });
      const result = await act(async () => requestContext().correlationId);
      ids.add(result?.ok ? result.data : null);
    }
    expect([...ids]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.any(String)]);
  });

  test("leaves what comes after the answer out of its deadline", async () => {
    await act(async () => undefined);
    expect(afterwards).toEqual({
      origin: "interactive",
      deadlineAt: null,
      correlationId: null,
      eventId: null,
    });
  });
});

const vendorError = (kind: IntegrationErrorKind) =>
  new IntegrationError(kind, { provider: "stripe", operation: "x" });

describe("a failure", () => {
  const internal = new AppError("internal", { userMessage: "This cannot be done." });

  test.each([
    ["that nobody expected", new TypeError("ann@example.com")],
    ["of ours", internal],
    ["of a vendor that did not answer", vendorError("timeout")],
    ["of a vendor that is held back", vendorError("circuit_open")],
    ["of our key", vendorError("credentials_rejected")],
  ])("%s gives a reference that finds it in the log", async (_what, error) => {
    expect(await failing(error)).toMatchObject({ ok: false, error: { reference: "3f9a1c2e" } });
  });

  test.each([
    ["of the card", vendorError("declined")],
    ["of two at once", vendorError("conflict")],
    ["of what is no longer there", vendorError("not_found")],
    ["of the person's rights", new AppError("forbidden", { userMessage: "No." })],
  ])("%s gives none: there is nothing to look for", async (_what, error) => {
    const result = await failing(error);
    expect(result).toMatchObject({ ok: false });
    expect(result).not.toHaveProperty("error.reference");
  });

  test("of the form gives none either", async () => {
    const result = await act(async () => undefined, z.object({ email: z.string() }));
    expect(result).toMatchObject({ ok: false, error: { code: "invalid_input" } });
    expect(result).not.toHaveProperty("error.reference");
  });

  test("that nobody expected is reported with its ids; a vendor's is not, its circuit and its alert tell of it", async () => {
    const unexpected = new TypeError("x");
    for (const error of [unexpected, internal, vendorError("timeout"), vendorError("declined")]) {
      await failing(error);
    }
    expect(captured.map(({ error }) => error)).toEqual([unexpected, internal]);
    expect(captured[0]?.ids).toMatchObject({
      correlationId: GIVEN,
      operation: expect.stringMatching(/^test\./),
    });
  });
});
