/**
 * Guards error monitoring, over real sockets: what is captured arrives, nothing that could be a secret or a person goes
 * along, a backend that is away disturbs nobody, and without an address for it nothing is even loaded.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Received, startSink } from "@/tests/support/http-sink";
import { type ModuleRun, runModule } from "@/tests/support/run-module";

let sink: Awaited<ReturnType<typeof startSink>>;
beforeEach(async () => {
  sink = await startSink();
});
afterEach(() => sink.stop());

const dsn = (port: number) => `http://public@127.0.0.1:${port}/1`;

/** In the environment, on a stack frame and in every message: none of it may arrive. */
const CANARIES = ["S3CRET", "ann@example.com"];
const SECRETS = { STRIPE_SECRET_KEY: "sk_live_S3CRET", SESSION: "S3CRET" };

interface Event {
  level?: string;
  message?: string;
  fingerprint?: string[];
  tags?: Record<string, string>;
  user?: Record<string, string>;
  exception?: { values: { type: string; value: string; stacktrace?: { frames: object[] } }[] };
}

/** The events of the envelopes: https://develop.sentry.dev/sdk/data-model/envelopes/ */
function eventsOf(received: readonly Received[]): Event[] {
  return received.flatMap(({ body }) => {
    const [, header = "{}", payload = "{}"] = body.split("\n");
    return JSON.parse(header).type === "event" ? [JSON.parse(payload)] : [];
  });
}

/** Runs code in a process that watches itself as a booted server does. */
async function observed(code: string, variables: Record<string, string>): Promise<ModuleRun> {
  const run = await runModule(
    `const { observe } = await load("lib/observe.ts");
     const { monitoring } = await load("lib/integrations/monitoring/index.ts");
     const { AppError } = await load("lib/errors/app-error.ts");
     await observe();
     const loaded = () => {
       const { createRequire } = process.getBuiltinModule("node:module");
       const names = Object.keys(createRequire(${JSON.stringify(import.meta.filename)}).cache);
       return names.filter((name) => /@sentry|@opentelemetry.(sdk|exporter|otlp)/.test(name)).length;
     };
     ${code}`,
    { ...SECRETS, ...variables },
  );
  expect(run.stderr).toBe("");
  return run;
}

function expectNoCanary(received: readonly Received[]): void {
  const text = JSON.stringify(received);
  for (const canary of CANARIES) expect(text).not.toContain(canary);
}

describe("an error", () => {
  test("arrives by its class, where it happened and whose it was, without what it says", async () => {
    await observed(
      `function charge(password) {
         const cause = new TypeError("ann@example.com");
         throw Object.assign(new RangeError("S3CRET for ann@example.com", { cause }), { email: "ann@example.com" });
       }
       try { charge("S3CRET") } catch (error) {
         monitoring().captureError(error, {
           operation: "billing.change-plan", correlationId: "${"3f9a1c2e-0000-4000-8000-000000000001"}",
           userId: "user-1", workspaceId: "workspace-1",
         });
       }
       await monitoring().flush(5_000);`,
      { SENTRY_DSN: dsn(sink.port) },
    );
    const [event, ...others] = eventsOf(sink.received);
    expect([others.length, sink.received.length]).toEqual([0, 1]);
    expect(event?.exception?.values.map(({ type, value }) => [type, value])).toEqual([
      ["TypeError", ""],
      ["RangeError", ""],
    ]);
    expect(event?.exception?.values[1]?.stacktrace?.frames.at(-1)).toMatchObject({ function: "charge" });
    expect(event).toMatchObject({
      level: "error",
      tags: {
        operation: "billing.change-plan",
        correlation_id: "3f9a1c2e-0000-4000-8000-000000000001",
        workspace_id: "workspace-1",
      },
      user: { id: "user-1" },
    });
    expectNoCanary(sink.received);
  });

  test("of our own speaks, for its words are ours; a thrown thing that is none does not", async () => {
    await observed(
      `monitoring().captureError(new AppError("internal", { userMessage: "No.", logMessage: "no handler for x" }));
       monitoring().captureError("S3CRET");
       monitoring().captureError({ email: "ann@example.com" });
       await monitoring().flush(5_000);`,
      { SENTRY_DSN: dsn(sink.port) },
    );
    const values = eventsOf(sink.received).map(({ exception }) => exception?.values[0]);
    expect(values.map((value) => value?.value)).toEqual(["no handler for x", "", ""]);
    expectNoCanary(sink.received);
  });

  test("that nobody catches arrives too", async () => {
    await observed(
      `await monitoring().flush(5_000);
       Promise.reject(new RangeError("S3CRET"));
       await new Promise((resolve) => setTimeout(resolve, 10));
       await monitoring().flush(5_000);`,
      { SENTRY_DSN: dsn(sink.port) },
    );
    expect(eventsOf(sink.received)[0]?.exception?.values[0]).toMatchObject({ type: "RangeError", value: "" });
    expectNoCanary(sink.received);
  });
});

test("an error that a page did not catch arrives, and stands in the log, by its route and the reader's reference", async () => {
  const { stdout } = await observed(
    `const { reportRequestError } = await load("lib/observe.ts");
     const error = Object.assign(new RangeError("S3CRET"), { digest: "2020026341" });
     const headers = { cookie: "S3CRET", "x-correlation-id": "3F9A1C2E-0000-4000-8000-000000000001" };
     const request = { method: "GET", path: "/billing?token=S3CRET", headers };
     // As the framework does: once from the data, once from the HTML.
     for (const _ of [1, 2]) reportRequestError(error, request, "/billing");
     await monitoring().flush(5_000);`,
    { SENTRY_DSN: dsn(sink.port) },
  );
  const found = { route: "/billing", method: "GET", digest: "2020026341" };
  const id = "3f9a1c2e-0000-4000-8000-000000000001";
  expect(eventsOf(sink.received).map(({ tags }) => tags)).toEqual([{ ...found, correlation_id: id }]);
  expect(JSON.parse(stdout)).toMatchObject({ ...found, correlationId: id, error: "RangeError" });
  expectNoCanary(sink.received);
  expect(stdout).not.toContain("S3CRET");
});

test("an alert arrives in our words, and one cause is one issue however often it is told", async () => {
  await observed(
    `const cause = "credentials-rejected:stripe:live:write";
     monitoring().captureAlert({ severity: "critical", cause, title: "Payments: our key is rejected" });
     monitoring().captureAlert({ severity: "warning", cause: "throttled:resend:live:write", title: "E-mail is throttled" });
     await monitoring().flush(5_000);`,
    { SENTRY_DSN: dsn(sink.port) },
  );
  const events = eventsOf(sink.received);
  expect(events.map(({ exception }) => exception)).toEqual([undefined, undefined]);
  expect(events).toMatchObject([
    {
      level: "fatal",
      message: "Payments: our key is rejected",
      fingerprint: ["credentials-rejected:stripe:live:write"],
    },
    { level: "warning", message: "E-mail is throttled", tags: { cause: "throttled:resend:live:write" } },
  ]);
  expectNoCanary(sink.received);
});

describe("monitoring whose backend is away", () => {
  const TIMED = `const startedAt = performance.now();
    monitoring().captureError(new Error("x"));
    const tookMs = performance.now() - startedAt;
    await monitoring().flush(300);
    console.log(JSON.stringify({ tookMs, flushedMs: performance.now() - startedAt }));
    process.exit(0);`;

  test.each(["refuses", "hangs"])("and %s delays nobody and throws nothing", async (how) => {
    const away = await startSink({ hang: true });
    if (how === "refuses") await away.stop();
    const { stdout, exitCode } = await observed(TIMED, { SENTRY_DSN: dsn(away.port) });
    if (how === "hangs") await away.stop();
    const { tookMs, flushedMs } = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(tookMs).toBeLessThan(50);
    // The SDK itself is loaded meanwhile, on a machine that may be busy.
    expect(flushedMs).toBeLessThan(5_000);
  });
});

describe("without an address", () => {
  test("nothing is loaded, and reporting does nothing", async () => {
    const { stdout } = await observed(
      `monitoring().captureError(new Error("S3CRET"));
       monitoring().captureAlert({ severity: "critical", cause: "x", title: "y" });
       await monitoring().flush(5_000);
       console.log(loaded(), monitoring().configuration);`,
      {},
    );
    expect(stdout).toBe("0 null\n");
  });

  test("is how one tells: with one, something is", async () => {
    const { stdout } = await observed("await monitoring().flush(5_000); console.log(loaded() > 10);", {
      SENTRY_DSN: dsn(sink.port),
    });
    expect(stdout).toBe("true\n");
  });
});
