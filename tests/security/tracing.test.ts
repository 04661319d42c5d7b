/**
 * Guards the spans, over real sockets: each integration call arrives at an OTLP backend with what it was and how it
 * went, and neither ours nor the framework's carry an address, a message or a query string there.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Received, startSink } from "@/tests/support/http-sink";
import { runModule } from "@/tests/support/run-module";

let sink: Awaited<ReturnType<typeof startSink>>;
beforeEach(async () => {
  sink = await startSink();
});
afterEach(() => sink.stop());

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: Attribute[];
  events: { name: string; attributes: Attribute[] }[];
  status: { code?: number; message?: string };
}
interface OtlpRequest {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

const CLIENT = 3;
const ERROR = 2;

const requestsOf = (received: readonly Received[]): OtlpRequest[] =>
  received.filter(({ path }) => path === "/v1/traces").map(({ body }) => JSON.parse(body));

const spansOf = (received: readonly Received[]): OtlpSpan[] =>
  requestsOf(received).flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );

const valuesOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

const ID = "3f9a1c2e-0000-4000-8000-000000000001";

/** A policy whose calls are traced, in a process that watches itself as a booted server does. */
const PREPARED = `
  const { observe } = await load("lib/observe.ts");
  const { tracingHooks } = await load("lib/tracing.ts");
  const { requestContext, withRequestContext } = await load("lib/request-context.ts");
  const { createPolicy, CALL_LIMITS } = await load("lib/resilience/policy.ts");
  const { createCircuitBreakers } = await load("lib/resilience/circuit-breaker.ts");
  const { createMemoryCircuitStore } = await load("lib/resilience/memory-circuit-store.ts");
  const { systemClock } = await load("lib/resilience/clock.ts");
  const { IntegrationError } = await load("lib/errors/integration-error.ts");
  const { trace } = await import("@opentelemetry/api");
  await observe();
  const breakers = createCircuitBreakers({
    store: createMemoryCircuitStore(systemClock), clock: systemClock, newOwner: () => "owner",
  });
  const policy = createPolicy({
    provider: "stripe", mode: "sandbox", breakers, hooks: tracingHooks, context: requestContext, random: () => 0,
  });
  const flush = () => trace.getTracerProvider().getDelegate().forceFlush();
`;

async function traced(code: string, variables: Record<string, string> = {}) {
  const run = await runModule(`${PREPARED}\n${code}`, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.port}`,
    ...variables,
  });
  expect(run.stderr).toBe("");
  return run;
}

describe("an integration call", () => {
  test("arrives as a span with what it was, its attempts and the request that it belongs to", async () => {
    await traced(`
      await withRequestContext({ origin: "interactive", correlationId: "${ID}" }, () =>
        policy({ operation: "price.list", effect: "read" }, async ({ number, observe }) => {
          if (number === 1) throw new IntegrationError("unavailable", { provider: "stripe", operation: "price.list", status: 503 });
          observe({ requestId: "req_2" });
        }));
      await flush();`);
    const [span, ...others] = spansOf(sink.received);
    expect(others).toEqual([]);
    expect(span).toMatchObject({ name: "stripe price.list", kind: CLIENT, status: { code: 0 } });
    expect(valuesOf(span?.attributes ?? [])).toEqual({
      "breakwater.provider": "stripe",
      "breakwater.mode": "sandbox",
      "breakwater.operation": "price.list",
      "breakwater.effect": "read",
      "breakwater.origin": "interactive",
      "breakwater.correlation_id": ID,
      "breakwater.attempts": 2,
      "breakwater.outcome": "ok",
    });
    expect(span?.events.map(({ attributes }) => valuesOf(attributes))).toMatchObject([
      { "breakwater.attempt": 1, "breakwater.outcome": "unavailable", "http.response.status_code": 503 },
      { "breakwater.attempt": 2, "breakwater.outcome": "ok", "breakwater.request_id": "req_2" },
    ]);
    const [resource] = requestsOf(sink.received)[0]?.resourceSpans ?? [];
    expect(valuesOf(resource?.resource.attributes ?? [])).toMatchObject({ "service.name": "breakwater" });
  });

  test("that fails says so by its kind, without a message", async () => {
    await traced(`
      const fails = (error) => policy({ operation: "x", effect: "read" }, async () => { throw error; }).catch(() => {});
      await fails(new IntegrationError("not_found", { provider: "stripe", operation: "x", vendorCode: "S3CRET" }));
      await fails(new TypeError("ann@example.com S3CRET"));
      await flush();`);
    expect(
      spansOf(sink.received).map(({ status, attributes }) => [status, valuesOf(attributes)["error.type"]]),
    ).toEqual([
      [{ code: ERROR }, "not_found"],
      [{ code: ERROR }, "TypeError"],
    ]);
    expect(JSON.stringify(sink.received)).not.toMatch(/S3CRET|ann@/);
  });

  test("made at the same time as another keeps its attempts apart, and both stand below their request", async () => {
    await traced(`
      await trace.getTracer("next.js").startActiveSpan("POST", { attributes: { "next.span_type": "BaseServer.handleRequest" } }, async (parent) => {
        await Promise.all(["a", "b"].map((operation) => policy({ operation, effect: "read" }, async ({ number }) => {
          await null;
          if (operation === "a" && number === 1) throw new IntegrationError("unavailable", { provider: "stripe", operation });
        })));
        parent.end();
      });
      await flush();`);
    const spans = spansOf(sink.received);
    const parent = spans.find(({ name }) => name === "BaseServer.handleRequest");
    const calls = spans.filter(({ name }) => name.startsWith("stripe "));
    expect(calls.map(({ parentSpanId }) => parentSpanId)).toEqual([parent?.spanId, parent?.spanId]);
    expect(
      Object.fromEntries(
        calls.map(({ name, attributes }) => [name, valuesOf(attributes)["breakwater.attempts"]]),
      ),
    ).toEqual({ "stripe a": 2, "stripe b": 1 });
  });
});

test("a span of the framework's goes by its route, without address, message or error", async () => {
  await traced(`
    const tracer = trace.getTracer("next.js");
    const request = tracer.startSpan("GET", { attributes: {
      "next.span_type": "BaseServer.handleRequest", "http.method": "GET", "http.target": "/reset-password?token=S3CRET",
    } });
    request.setAttribute("http.route", "/reset-password");
    request.updateName("GET /reset-password");
    request.recordException(new Error("S3CRET"));
    request.setStatus({ code: 2, message: "S3CRET" });
    request.end();
    tracer.startSpan("fetch GET https://api.example.com/?email=ann@example.com", { attributes: {
      "next.span_type": "AppRender.fetch", "http.url": "https://api.example.com/?email=ann@example.com",
    } }).end();
    trace.getTracer("a library").startSpan("ann@example.com", { attributes: { email: "ann@example.com" } }).end();
    await flush();`);
  const spans = spansOf(sink.received);
  expect(spans.map(({ name }) => name)).toEqual(["GET /reset-password", "AppRender.fetch", "a library"]);
  expect(spans[0]).toMatchObject({ status: { code: ERROR }, events: [] });
  expect(valuesOf(spans[0]?.attributes ?? [])).toMatchObject({ "http.method": "GET" });
  expect(JSON.stringify(sink.received)).not.toMatch(/S3CRET|ann@/);
});

test("works beside error monitoring: the span goes to one, the error to the other", async () => {
  await traced(
    `const { monitoring } = await load("lib/integrations/monitoring/index.ts");
     await monitoring().flush(5_000);
     await policy({ operation: "x", effect: "read" }, async () => {
       monitoring().captureError(new RangeError("S3CRET"));
     });
     await Promise.all([flush(), monitoring().flush(5_000)]);`,
    { SENTRY_DSN: `http://public@127.0.0.1:${sink.port}/1` },
  );
  expect(spansOf(sink.received).map(({ name }) => name)).toEqual(["stripe x"]);
  const errors = sink.received.filter(({ path }) => path.startsWith("/api/1/envelope/"));
  expect(errors).toHaveLength(1);
  expect(errors[0]?.body).toContain("RangeError");
});

test("a backend that is away disturbs no call, and is told of once", async () => {
  await sink.stop();
  const { stdout } = await traced(
    `for (const operation of ["a", "b"]) {
       await policy({ operation, effect: "read" }, async () => undefined);
       await flush().catch(() => undefined);
     }`,
    { OTEL_EXPORTER_OTLP_TIMEOUT: "300" },
  );
  expect(stdout.match(/spans could not be exported/g)).toHaveLength(1);
  sink = await startSink();
});

test("without an address nothing is loaded, and a call is handed on as it is", async () => {
  const { stdout } = await traced(
    `const { createRequire } = process.getBuiltinModule("node:module");
     const names = Object.keys(createRequire(${JSON.stringify(import.meta.filename)}).cache);
     const loaded = names.filter((name) => /@opentelemetry.(?!api.)/.test(name));
     const call = Promise.resolve();
     const about = { provider: "stripe", mode: "live", operation: "x", effect: "read", context: requestContext() };
     console.log(loaded.length, tracingHooks.around(about, () => call) === call);`,
    { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
  );
  expect(stdout).toBe("0 true\n");
});
