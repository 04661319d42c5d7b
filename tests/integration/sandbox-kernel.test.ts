/**
 * The sandbox's kernel through its public doors: what survives a kill, what a fault does to a real client, how webhooks are
 * retried, and how the process starts and ends.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Hono } from "hono";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createControlApp } from "@/lib/sandbox/control/control-app";
import { createDeliverer, type DelivererOptions } from "@/lib/sandbox/kernel/deliverer";
import { createFaultBook, type FaultBook } from "@/lib/sandbox/kernel/faults";
import { createRequestLog, type RequestLog } from "@/lib/sandbox/kernel/request-log";
import { type LoopbackServer, openLoopbackServer } from "@/lib/sandbox/kernel/server";
import { openStore } from "@/lib/sandbox/kernel/store";
import type { SandboxStore } from "@/lib/sandbox/kernel/types";
import { startSandbox } from "@/lib/sandbox/start";
import { ANY_PORTS, SENDGRID_PRIVATE_KEY } from "@/tests/support/vendors";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const SECRET = `whsec_${Buffer.from("a secret of the sandbox kernel test").toString("base64")}`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandbox-kernel-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function until<T>(probe: () => Promise<T | undefined> | T | undefined, limitMs = 10_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`It did not happen within ${limitMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("the store", () => {
  test("gives copies, in the order of first insertion, and the same after opening again", () => {
    const file = join(folder, "store.jsonl");
    const store = openStore(file);
    const value = { n: 1 };
    store.put("things", "b", value);
    store.put("things", "a", { n: 2 });
    store.put("things", "c", { n: 3 });
    store.delete("things", "c");
    store.put("things", "b", { n: 4 });
    value.n = 99;
    const copy = store.get<{ n: number }>("things", "b");
    if (copy) copy.n = 99;
    expect(store.list("things")).toEqual([{ n: 4 }, { n: 2 }]);
    store.close();

    const again = openStore(file);
    expect(again.list("things")).toEqual([{ n: 4 }, { n: 2 }]);
    expect(again.get("things", "c")).toBeUndefined();
    again.reset();
    again.close();
    expect(openStore(file).list("things")).toEqual([]);
  });

  test("drops a torn last line, and goes on after it", () => {
    const file = join(folder, "store.jsonl");
    const store = openStore(file);
    store.put("things", "a", 1);
    store.close();
    appendFileSync(file, '{"c":"things","i":"b","v":{"half');

    const again = openStore(file);
    again.put("things", "c", 3);
    again.close();
    expect(openStore(file).list("things")).toEqual([1, 3]);
  });

  test("refuses a journal damaged in the middle rather than losing what follows", () => {
    const file = join(folder, "store.jsonl");
    writeFileSync(file, 'gibberish\n{"c":"things","i":"a","v":1}\n');
    expect(() => openStore(file)).toThrow(/line 1, is damaged/);
  });

  test("what was acknowledged survives SIGKILL in mid-write, and an atomic write survives whole or not at all", async () => {
    const file = join(folder, "store.jsonl");
    const modulePath = pathToFileURL(join(REPOSITORY, "lib/sandbox/kernel/store.ts")).href;
    const code = `
      import { writeSync } from "node:fs";
      import { openStore } from ${JSON.stringify(modulePath)};
      const store = openStore(${JSON.stringify(file)});
      const filler = "x".repeat(2000);
      for (let n = store.get("meta", "n") ?? 0; ; n += 1) {
        store.put("single", String(n), { n, filler });
        store.atomically(() => { store.put("left", "v", n); store.put("right", "v", n); store.put("meta", "n", n); });
        writeSync(1, n + "\\n");
      }`;
    for (let round = 0; round < 3; round += 1) {
      // A file, not a pipe: a full pipe would end the child before the kill does.
      const acknowledgements = join(folder, `acknowledged-${round}`);
      const descriptor = openSync(acknowledgements, "w");
      const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", code], {
        cwd: REPOSITORY,
        stdio: ["ignore", descriptor, "inherit"],
      });
      closeSync(descriptor);
      const closed = new Promise((resolve) => child.once("close", (_code, signal) => resolve(signal)));
      await until(() => (statSync(acknowledgements).size > 500 * (round + 1) ? true : undefined));
      child.kill("SIGKILL");
      expect(await closed).toBe("SIGKILL");

      const output = readFileSync(acknowledgements, "utf8");
      const acknowledged = Number(output.slice(0, output.lastIndexOf("\n")).split("\n").at(-1));
      expect(acknowledged).toBeGreaterThan(0);
      const store = openStore(file);
      for (let n = 0; n <= acknowledged; n += 1) {
        expect(store.get<{ n: number }>("single", String(n))?.n).toBe(n);
      }
      expect(store.get<number>("left", "v")).toBeGreaterThanOrEqual(acknowledged);
      expect(store.get("left", "v")).toBe(store.get("right", "v"));
      store.close();
    }
  });
});

interface Attempt {
  headers: Record<string, string>;
  body: string;
}

describe("the deliverer", () => {
  let receiver: Server;
  let url: string;
  let attempts: Attempt[];
  /** What the app answers: a status, or null to never answer. */
  let answer: (attempt: number) => number | null;
  let store: SandboxStore;

  beforeEach(async () => {
    attempts = [];
    answer = () => 200;
    receiver = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      attempts.push({ headers: request.headers as Record<string, string>, body });
      const status = answer(attempts.length);
      if (status !== null) response.writeHead(status, { location: "/elsewhere" }).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    store = openStore(join(folder, "deliveries.jsonl"));
  });

  afterEach(async () => {
    store.close();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  function open(overrides: Partial<DelivererOptions> = {}) {
    let signed = 0;
    return createDeliverer({
      store,
      signer: ({ id }) => {
        signed += 1;
        return { "x-signature": `${id} ${signed}` };
      },
      now: Date.now,
      backoffMs: [5, 10],
      ...overrides,
    });
  }

  test("tries again until a 2xx, signing each attempt anew; a redirect is no acknowledgement", async () => {
    answer = (attempt) => [500, 404, 307, 204][attempt - 1] ?? 204;
    const deliverer = open();
    deliverer.enqueue({ id: "evt_1", url, body: '{"a":1}' });
    await until(() => (deliverer.list()[0]?.state === "delivered" ? true : undefined));

    expect(attempts.map(({ headers }) => headers["x-signature"])).toEqual(
      [1, 2, 3, 4].map((n) => `evt_1 ${n}`),
    );
    expect(
      attempts.every(
        ({ headers, body }) => body === '{"a":1}' && headers["content-type"] === "application/json",
      ),
    ).toBe(true);
    expect(deliverer.list()).toMatchObject([
      { state: "delivered", attempts: 4, lastStatus: 204, lastError: null },
    ]);
    await deliverer.stop();
  });

  test("gives an attempt up when the app does not answer in time, and says why", async () => {
    answer = (attempt) => (attempt === 1 ? null : 200);
    const deliverer = open({ attemptTimeoutMs: 50, backoffMs: [200] });
    deliverer.enqueue({ id: "evt_1", url, body: "{}" });
    const first = await until(() => deliverer.list().find((row) => row.attempts === 1));
    expect(first).toMatchObject({ state: "pending", lastStatus: null, lastError: "no answer within 50 ms" });
    await until(() => (deliverer.list()[0]?.state === "delivered" ? true : undefined));
    await deliverer.stop();
  });

  test("fails a delivery once its attempts are used up; sending it again by hand works", async () => {
    answer = () => 500;
    const deliverer = open({ maximumAttempts: 3 });
    deliverer.enqueue({ id: "evt_1", url, body: "{}" });
    await until(() => (deliverer.list()[0]?.state === "failed" ? true : undefined));
    expect(attempts).toHaveLength(3);

    answer = () => 200;
    deliverer.redeliver("evt_1");
    await until(() => (deliverer.list()[0]?.state === "delivered" ? true : undefined));
    expect(attempts).toHaveLength(4);
    await deliverer.stop();
  });

  test("goes on after a restart with what was not delivered, and does not repeat what was", async () => {
    answer = (attempt) => (attempt === 1 ? 200 : 500);
    const first = open({ backoffMs: [60_000] });
    first.enqueue({ id: "evt_done", url, body: '{"n":1}' });
    await until(() => (first.list()[0]?.state === "delivered" ? true : undefined));
    first.enqueue({ id: "evt_open", url, body: '{"n":2}' });
    await until(() => first.list().find((row) => row.attempts === 1 && row.state === "pending"));
    await first.stop();
    store.close();

    answer = () => 200;
    store = openStore(join(folder, "deliveries.jsonl"));
    const second = open({ backoffMs: [60_000] });
    await until(() => (second.list().every((row) => row.state === "delivered") ? true : undefined));
    expect(attempts.map(({ body }) => body)).toEqual(['{"n":1}', '{"n":2}', '{"n":2}']);
    await second.stop();
  });

  test("a reset forgets a delivery that is on its way", async () => {
    answer = () => null;
    const deliverer = open({ attemptTimeoutMs: 50 });
    deliverer.enqueue({ id: "evt_1", url, body: "{}" });
    await until(() => (attempts.length === 1 ? true : undefined));
    store.reset();
    deliverer.enqueue({ id: "evt_2", url, body: "{}" });
    answer = () => 200;
    await until(() => (deliverer.list()[0]?.state === "delivered" ? true : undefined));
    expect(deliverer.list().map(({ id }) => id)).toEqual(["evt_2"]);
    await deliverer.stop();
  });

  test("turned off drops what is made; held keeps it; what waited stays in both", async () => {
    answer = () => 500;
    const deliverer = open({ backoffMs: [60_000] });
    expect(deliverer.readSwitch()).toEqual({ state: "on", order: "made", copies: 1 });
    deliverer.enqueue({ id: "evt_waits", url, body: "{}" });
    await until(() => (attempts.length === 1 ? true : undefined));
    answer = () => 200;
    deliverer.turn({ state: "off" });
    deliverer.enqueue({ id: "evt_dropped", url, body: "{}" });
    deliverer.turn({ state: "held" });
    deliverer.enqueue({ id: "evt_held", url, body: "{}" });
    expect(deliverer.list().map(({ id, state }) => [id, state])).toEqual([
      ["evt_waits", "pending"],
      ["evt_held", "pending"],
    ]);
    deliverer.redeliver("evt_waits");
    deliverer.redeliver("evt_dropped");
    deliverer.turn({ state: "on" });
    await until(() => (deliverer.list().every(({ state }) => state === "delivered") ? true : undefined));
    expect(attempts).toHaveLength(3);
    await deliverer.stop();
  });

  test("keeps few calls in flight, each endpoint's own row, and a bounded history", async () => {
    let inFlight = 0;
    let most = 0;
    receiver.prependListener("request", (_request, response) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      response.once("close", () => {
        inFlight -= 1;
      });
    });
    const deliverer = open({ maximumInFlight: 3, maximumHistory: 20 });
    for (let n = 0; n < 50; n += 1) deliverer.enqueue({ id: `evt_${n}`, url, body: String(n) });
    deliverer.enqueue({ id: "evt_49", url: `${url}?second`, body: "49" });
    await until(() => (attempts.length === 51 ? true : undefined));
    await until(() => (deliverer.list().every((row) => row.state === "delivered") ? true : undefined));

    expect(most).toBeLessThanOrEqual(3);
    expect(deliverer.list().length).toBeLessThanOrEqual(20);
    expect(deliverer.list().filter(({ id }) => id === "evt_49")).toHaveLength(2);
    await deliverer.stop();
  });
});

const SWITCH = { state: "on", order: "made", copies: 1 } as const;

describe("faults", () => {
  let server: LoopbackServer;
  let control: LoopbackServer;
  let faults: FaultBook;
  let log: RequestLog;
  let performed: number;

  beforeAll(async () => {
    faults = createFaultBook(["stripe"]);
    log = createRequestLog(5);
    server = await openLoopbackServer({
      name: "stripe",
      port: 0,
      now: Date.now,
      instruments: { faults, log },
    });
    control = await openLoopbackServer({ name: "control", port: 0, now: Date.now });
    const app = new Hono();
    app.get("/v1/things", (context) => {
      performed += 1;
      return context.json({ filler: "0123456789".repeat(20) }, 200, { "request-id": `req_${performed}` });
    });
    app.post("/v1/checkout/sessions", (context) => context.json({ ok: true }));
    app.get("/pay/page", (context) => context.html("<p>Pay</p>"));
    server.serve({
      fetch: (request) => app.fetch(request),
      errorBody: (status) => ({ error: { type: "api_error", message: `status ${status}` } }),
    });
    control.serve(
      createControlApp({
        instance: "test",
        faults,
        log,
        vendors: [
          {
            vendor: "stripe",
            server,
            store: unusedStore,
            standIn: {
              vendor: "stripe",
              app,
              deliverer: {
                enqueue() {},
                redeliver() {},
                readSwitch: () => SWITCH,
                turn: () => SWITCH,
                list: () => [],
                async stop() {},
              },
              describe: () => ({ counts: { things: performed } }),
              seed() {},
            },
            reset() {
              performed = 0;
            },
          },
        ],
      }),
    );
  });

  beforeEach(() => {
    performed = 0;
  });

  afterEach(async () => {
    await fetch(`${control.url}/faults`, { method: "DELETE" });
  });

  afterAll(async () => {
    await server.stop();
    await control.stop();
  });

  async function add(fault: Record<string, unknown>): Promise<{ status: number; body: { error?: string } }> {
    const response = await fetch(`${control.url}/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ vendor: "stripe", ...fault }),
    });
    return { status: response.status, body: (await response.json()) as { error?: string } };
  }

  const call = (init?: RequestInit) => fetch(`${server.url}/v1/things`, init);

  /** The code beneath fetch's "fetch failed" or "terminated". */
  async function failureOf(promise: Promise<unknown>): Promise<string> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Error)) throw new Error("It did not fail.");
    const cause = error.cause as (Error & { code?: string; errors?: { code: string }[] }) | undefined;
    return cause?.code ?? cause?.errors?.[0]?.code ?? error.name;
  }

  test("latency before the headers makes the whole answer late", async () => {
    await add({ kind: "latency", latencyMs: 120 });
    const startedAt = performance.now();
    expect((await call()).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThan(110);
    expect(performed).toBe(1);
  });

  test("latency in the body sends half at once and the rest late", async () => {
    await add({ kind: "latency", phase: "body", latencyMs: 120 });
    const startedAt = performance.now();
    const response = await call();
    expect(performance.now() - startedAt).toBeLessThan(110);
    expect(await response.json()).toEqual({ filler: "0123456789".repeat(20) });
    expect(performance.now() - startedAt).toBeGreaterThan(110);
  });

  test("status answers the vendor's error with Retry-After, before or after the call was done", async () => {
    await add({ kind: "status", status: 503, retryAfterSeconds: 3, times: 1 });
    const before = await call();
    expect(before.status).toBe(503);
    expect(before.headers.get("retry-after")).toBe("3");
    expect(await before.json()).toEqual({ error: { type: "api_error", message: "status 503" } });
    expect(performed).toBe(0);

    await add({ kind: "status", status: 500, phase: "body", times: 1 });
    expect((await call()).status).toBe(500);
    expect(performed).toBe(1);
  });

  test("hang never answers, and the call was not done", async () => {
    await add({ kind: "hang" });
    expect(await failureOf(call({ signal: AbortSignal.timeout(100) }))).toBe("TimeoutError");
    expect(performed).toBe(0);
  });

  test("hang in the body sends headers and half the body, then stalls, and the call was done", async () => {
    await add({ kind: "hang", phase: "body" });
    const response = await call({ signal: AbortSignal.timeout(150) });
    expect(response.status).toBe(200);
    const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
    const { value } = await reader.read();
    expect(value?.length).toBe(Math.floor(Number(response.headers.get("content-length")) / 2));
    await expect(reader.read()).rejects.toThrow();
    expect(performed).toBe(1);
  });

  test("reset is a TCP reset, before the headers or amid the body", async () => {
    await add({ kind: "reset", times: 1 });
    expect(await failureOf(call())).toBe("ECONNRESET");
    expect(performed).toBe(0);

    await add({ kind: "reset", phase: "body", times: 1 });
    const response = await call();
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(performed).toBe(1);
  });

  test("reset is not announced by a polite close of the connection", async () => {
    for (const phase of ["headers", "body"]) {
      await add({ kind: "reset", phase, times: 1 });
      const events: string[] = [];
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, "127.0.0.1");
        socket.write("GET /v1/things HTTP/1.1\r\nHost: localhost\r\n\r\n");
        socket.on("data", () => events.push("data"));
        socket.on("end", () => events.push("end"));
        socket.on("error", (error: NodeJS.ErrnoException) => events.push(String(error.code)));
        socket.on("close", () => resolve());
      });
      expect(events.filter((event) => event !== "data")).toEqual(["ECONNRESET"]);
    }
  });

  test("lost does the call and resets before any byte of the answer", async () => {
    await add({ kind: "lost", times: 1 });
    expect(await failureOf(call())).toBe("ECONNRESET");
    expect(performed).toBe(1);
    expect((await call()).status).toBe(200);
  });

  test("truncate closes before content-length is reached", async () => {
    await add({ kind: "truncate", times: 1 });
    const response = await call();
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(200);
    expect(await failureOf(response.text())).toBe("UND_ERR_SOCKET");
    expect(performed).toBe(1);
  });

  test("garbage is a 200 that is no JSON", async () => {
    await add({ kind: "garbage", times: 1 });
    const response = await call();
    expect(response.status).toBe(200);
    await expect(response.json()).rejects.toThrow(SyntaxError);
  });

  test("refused closes the port, kept-alive connections too, until cleared", async () => {
    await (await call()).text();
    await add({ kind: "refused" });
    for (const host of ["127.0.0.1", "localhost"]) {
      expect(await failureOf(fetch(`http://${host}:${server.port}/v1/things`))).toBe("ECONNREFUSED");
    }
    await fetch(`${control.url}/faults`, { method: "DELETE" });
    expect((await call()).status).toBe(200);
  });

  test("a fault hits the next N calls of its route, and hosted pages only by name", async () => {
    await add({ kind: "status", status: 500, route: "POST /v1/checkout/*", times: 2 });
    const post = () => fetch(`${server.url}/v1/checkout/sessions`, { method: "POST" });
    expect((await call()).status).toBe(200);
    expect([(await post()).status, (await post()).status, (await post()).status]).toEqual([500, 500, 200]);

    await add({ kind: "status", status: 500, route: "*" });
    expect((await fetch(`${server.url}/pay/page`)).status).toBe(200);
    await add({ kind: "status", status: 502, route: "GET /pay/*" });
    expect((await fetch(`${server.url}/pay/page`)).status).toBe(502);
    expect((await call()).status).toBe(500);
  });

  test.each([
    ["an unknown vendor", { vendor: "acme", kind: "hang" }, /^vendor: /],
    ["an unknown kind", { kind: "explode" }, /^kind: /],
    ["latency without its length", { kind: "latency" }, /^latencyMs: /],
    ["a status that is no error", { kind: "status", status: 200 }, /^status: /],
    ["a malformed route", { kind: "hang", route: "/v1/things" }, /^route: must be/],
    ["times for a closed port", { kind: "refused", times: 2 }, /times/],
    ["a route for a closed port", { kind: "refused", route: "GET /v1/things" }, /^route: must be "\*"/],
    ["lost before the body", { kind: "lost", phase: "headers" }, /^phase: /],
    ["truncate before the body", { kind: "truncate", phase: "headers" }, /^phase: /],
    ["a member of another kind", { kind: "hang", latencyMs: 5 }, /latencyMs/],
  ])("%s is refused, and named", async (_name, fault, reason) => {
    const { status, body } = await add(fault);
    expect(status).toBe(400);
    expect(body.error).toMatch(reason);
    expect(faults.list()).toEqual([]);
  });

  test("the request log holds the last calls without secrets", async () => {
    for (let n = 0; n < 6; n += 1) {
      await fetch(`${server.url}/v1/things?limit=${n}&client_secret=hush`, {
        headers: { authorization: "Bearer sk_hush", "idempotency-key": `key-${n}` },
      });
    }
    await add({ kind: "reset", times: 1 });
    await failureOf(call());
    const response = await fetch(`${control.url}/requests`, { headers: { accept: "application/json" } });
    const text = await response.text();
    const { requests } = JSON.parse(text) as { requests: Record<string, unknown>[] };

    expect(text).not.toContain("hush");
    expect(requests).toHaveLength(5);
    expect(requests[0]).toMatchObject({ status: null, fault: "reset", path: "/v1/things" });
    expect(requests[1]).toMatchObject({
      vendor: "stripe",
      method: "GET",
      path: "/v1/things?limit=5&client_secret=…",
      status: 200,
      idempotencyKey: "key-5",
      requestId: "req_6",
      fault: null,
    });
    const page = await fetch(`${control.url}/requests`, { headers: { accept: "text/html" } });
    expect(page.headers.get("content-type")).toContain("text/html");
  });

  test("reset clears everything, and an unknown route is a JSON 404", async () => {
    await call();
    await add({ kind: "refused" });
    expect((await fetch(`${control.url}/reset`, { method: "POST" })).status).toBe(200);
    const state = (await (await fetch(`${control.url}/state`)).json()) as Record<string, unknown>;
    expect(state).toMatchObject({
      faults: [],
      vendors: { stripe: { state: { counts: { things: 0 } }, deliveries: [] } },
    });
    expect((await call()).status).toBe(200);

    const unknown = await fetch(`${control.url}/nowhere`);
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toEqual({ error: "GET /nowhere: no such route." });
  });

  test("a page of another site can neither rebind a name to the port nor post to it", async () => {
    const status = await new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: control.port,
        path: "/state",
        headers: { host: "evil.example" },
      };
      httpRequest(options, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(421);
    const foreign = { method: "POST", headers: { origin: "https://evil.example" } };
    expect((await fetch(`${control.url}/reset`, foreign)).status).toBe(403);
    expect((await fetch(`${control.url}/faults`, { method: "POST", body: "{}" })).status).toBe(415);
  });
});

const unusedStore: SandboxStore = {
  get: () => undefined,
  put() {},
  delete() {},
  list: () => [],
  atomically: (run) => run(),
  reset() {},
  close() {},
};

describe("the process", () => {
  const environment = {
    SANDBOX_STRIPE_PORT: "0",
    SANDBOX_RESEND_PORT: "0",
    SANDBOX_SENDGRID_PORT: "0",
    SANDBOX_ONCALL_PORT: "0",
    SANDBOX_CONTROL_PORT: "0",
    STRIPE_WEBHOOK_SECRET: `${SECRET},whsec_previous`,
    RESEND_WEBHOOK_SECRET: SECRET,
    SANDBOX_SENDGRID_PRIVATE_KEY: SENDGRID_PRIVATE_KEY,
    APP_URL: "http://127.0.0.1:9",
  };

  interface RunningProcess {
    child: ChildProcessWithoutNullStreams;
    urls: { stripe: string; resend: string; control: string };
  }

  interface Ending {
    code: number | null;
    stderr: string;
  }

  function launch(overrides: Record<string, string> = {}): {
    child: ChildProcessWithoutNullStreams;
    ready: Promise<RunningProcess>;
    ended: Promise<Ending>;
  } {
    const child = spawn(process.execPath, ["--import", "tsx", "lib/sandbox/main.ts"], {
      cwd: REPOSITORY,
      env: {
        NODE_ENV: "test",
        PATH: process.env.PATH,
        SANDBOX_DATA_DIR: join(folder, "data"),
        ...environment,
        ...overrides,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    let stdout = "";
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<Ending>((resolve) => child.once("close", (code) => resolve({ code, stderr })));
    const ready = new Promise<RunningProcess>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString();
        const json = /^sandbox ready (\{.*\})$/m.exec(stdout)?.[1];
        if (json) resolve({ child, urls: JSON.parse(json) });
      });
      ended.then(({ code }) => reject(new Error(`It ended with ${code}: ${stderr}`)));
    });
    ready.catch(() => undefined); // A test that waits for the end only.
    return { child, ready, ended };
  }

  async function sendMail(resendUrl: string, to: string): Promise<string> {
    const response = await fetch(`${resendUrl}/emails`, {
      method: "POST",
      headers: { authorization: "Bearer re_sandbox", "content-type": "application/json" },
      body: JSON.stringify({ from: "a@example.com", to, subject: "Hello", text: "Hello" }),
    });
    return ((await response.json()) as { id: string }).id;
  }

  test("says what is missing and exits with 1", async () => {
    const { code, stderr } = await launch({
      STRIPE_WEBHOOK_SECRET: "",
      RESEND_WEBHOOK_SECRET: "hush",
      SANDBOX_SENDGRID_PRIVATE_KEY: "hush",
    }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain("STRIPE_WEBHOOK_SECRET: is not set");
    expect(stderr).toContain("RESEND_WEBHOOK_SECRET: must begin with whsec_");
    expect(stderr).toContain("SANDBOX_SENDGRID_PRIVATE_KEY: must be a P-256 private key");
    expect(stderr).not.toContain("hush");
  });

  test("names a busy port and exits with 1", async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, "127.0.0.1", resolve));
    const { port } = occupant.address() as AddressInfo;
    const { code, stderr } = await launch({ SANDBOX_RESEND_PORT: String(port) }).ended;
    occupant.close();
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(`Port ${port}, wanted for the resend sandbox, is taken by another program.`);
  });

  test("SIGTERM ends it with 0; with a lifeline the end of its input does", async () => {
    const first = launch();
    await first.ready;
    first.child.kill("SIGTERM");
    expect((await first.ended).code).toBe(0);

    const second = launch({ SANDBOX_LIFELINE: "1" });
    await second.ready;
    second.child.stdin.end();
    expect((await second.ended).code).toBe(0);
  });

  test("SIGKILL loses no mail, and the webhooks that were not delivered arrive after the next start", async () => {
    const first = launch();
    const { urls } = await first.ready;
    const to = `${randomUUID()}@example.com`;
    const id = await sendMail(urls.resend, to);
    first.child.kill("SIGKILL");
    await first.ended;

    const arrived: string[] = [];
    const app = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      arrived.push(`${(JSON.parse(body) as { type: string }).type}`);
      response.end();
    });
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      app.close();
    });
    // The delivery was addressed to the app of the first start; this one takes its place.
    const journal = join(folder, "data", "resend.jsonl");
    const port = (app.address() as AddressInfo).port;
    writeFileSync(journal, readFileSync(journal, "utf8").replaceAll("127.0.0.1:9/", `127.0.0.1:${port}/`));

    const second = launch({ APP_URL: `http://127.0.0.1:${port}` });
    const { urls: next } = await second.ready;
    const response = await fetch(`${next.resend}/mailbox.json?to=${to}`);
    expect(((await response.json()) as { emails: { id: string }[] }).emails.map((email) => email.id)).toEqual(
      [id],
    );
    await until(() =>
      arrived.includes("email.sent") && arrived.includes("email.delivered") ? true : undefined,
    );
  });

  test("a second sandbox on the same data is refused while the first one lives", async () => {
    const options = {
      dataDir: join(folder, "data"),
      appUrl: environment.APP_URL,
      ports: ANY_PORTS,
      webhookSecrets: { stripe: SECRET, resend: SECRET, sendgrid: SENDGRID_PRIVATE_KEY },
    };
    const first = await startSandbox(options);
    await expect(startSandbox(options)).rejects.toThrow(/Another sandbox is using/);
    await first.stop();
    const second = await startSandbox(options);
    await second.stop();
  });
});
