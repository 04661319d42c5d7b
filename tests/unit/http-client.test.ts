/** Guards the way to vendors without an SDK: what is sent, what is believed of an answer, and what a failure is called. */
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { IntegrationError } from "@/lib/errors/integration-error";
import { createRestClient, type RestClientOptions, type RestRequest } from "@/lib/http/client";
import { retryAfterMs, wholeNumber } from "@/lib/http/limit-headers";
import { fromNetworkFailure } from "@/lib/http/network-error";
import type { AttemptRecord } from "@/lib/resilience/hooks";
import { createTestPolicy } from "@/tests/support/test-policy";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A port that nobody listens at. */
async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function clientAt(baseUrl: string, changes: Partial<RestClientOptions> = {}) {
  const attempts: AttemptRecord[] = [];
  const client = createRestClient({
    provider: "acme",
    baseUrl,
    headers: { authorization: "Bearer the-key" },
    policy: createTestPolicy("acme", { hooks: { onAttempt: (record) => attempts.push(record) } }),
    toError: ({ status }, operation) =>
      new IntegrationError("invalid_request", { provider: "acme", operation, status }),
    observed: (headers) => ({ requestId: headers.get("x-request-id"), quota: null }),
    ...changes,
  });
  const description = {
    operation: "things.make",
    effect: "write",
    idempotencyKey: null,
    attempts: 1,
  } as const;
  const call = (request: RestRequest) => client.call(description, request);
  const failureOf = (request: RestRequest) =>
    call(request).then(
      (answer) => {
        throw new Error(`answered ${answer.status}`);
      },
      (error: unknown) => error,
    );
  return { attempts, call, failureOf };
}

const GET: RestRequest = { method: "GET", path: "/things?limit=1" };

describe("a call", () => {
  test("sends key and JSON to the path, and answers the status, the headers and the JSON", async () => {
    const seen: unknown[] = [];
    const url = await listening(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method, url: path, headers } = request;
      seen.push({ method, path, key: headers.authorization, type: headers["content-type"] });
      seen.push(Buffer.concat(chunks).toString());
      response.writeHead(201, { "x-request-id": "req_1" }).end('{"id":"1"}');
    });
    const { attempts, call } = clientAt(url);
    const answer = await call({ method: "POST", path: "/things", json: { name: "ü" } });
    expect(answer).toMatchObject({ status: 201, body: { id: "1" } });
    expect(answer.headers.get("x-request-id")).toBe("req_1");
    expect(seen).toEqual([
      { method: "POST", path: "/things", key: "Bearer the-key", type: "application/json" },
      '{"name":"ü"}',
    ]);
    expect(attempts).toMatchObject([{ outcome: "ok", requestId: "req_1" }]);
  });

  test("goes through the fetch that it is given", async () => {
    const asked: string[] = [];
    const { call } = clientAt("https://api.example.com", {
      fetch: async (input) => {
        asked.push(String(input));
        return new Response("{}");
      },
    });
    await call(GET);
    expect(asked).toEqual(["https://api.example.com/things?limit=1"]);
  });

  test("may be answered with nothing", async () => {
    const url = await listening((_, response) => response.writeHead(202).end());
    expect(await clientAt(url).call(GET)).toMatchObject({ status: 202, body: null });
  });

  test.each([400, 401, 404, 500])("that is answered %i is what the vendor's adapter says", async (status) => {
    const url = await listening((_, response) => response.writeHead(status).end("<html>prose</html>"));
    expect(await clientAt(url).failureOf(GET)).toMatchObject({ kind: "invalid_request", status });
    expect(await clientAt(url).call({ ...GET, alsoAnswers: [status] })).toMatchObject({ status, body: null });
  });

  test.each([301, 302, 307, 308])(
    "is not carried on by a %i: it would take the key along",
    async (status) => {
      let followed = 0;
      const elsewhere = await listening((_, response) => {
        followed += 1;
        response.end("{}");
      });
      const url = await listening((_, response) => response.writeHead(status, { location: elsewhere }).end());
      expect(await clientAt(url).failureOf({ ...GET, method: "POST" })).toMatchObject({ status });
      expect(followed).toBe(0);
    },
  );
});

describe("an answer that cannot be read", () => {
  test.each([
    ["is no JSON", "<html>ok</html>"],
    ["breaks off", '{"id":'],
    ["is larger than anything that is expected", JSON.stringify("x".repeat(1024 * 1024))],
  ])("because it %s says that the vendor is unavailable, and nothing of itself", async (_name, body) => {
    const url = await listening((_, response) => response.end(body));
    const error = (await clientAt(url).failureOf(GET)) as IntegrationError;
    expect(error).toMatchObject({ kind: "unavailable", status: null, mayHaveTakenEffect: true });
    expect(error.cause).toBeUndefined();
  });

  test("because it never ends is not read for ever", async () => {
    let closed = false;
    const url = await listening((_, response) => {
      const more = () => response.write(Buffer.alloc(64 * 1024, 32));
      response.on("drain", more).on("close", () => {
        closed = true;
      });
      while (more());
    });
    expect(await clientAt(url).failureOf(GET)).toMatchObject({ kind: "unavailable" });
    await expect.poll(() => closed).toBe(true);
  });
});

describe("the network", () => {
  test("that refuses, or knows no such host, says that nothing was sent", async () => {
    const refused = await clientAt(`http://127.0.0.1:${await closedPort()}`).failureOf(GET);
    expect(refused).toMatchObject({
      kind: "unavailable",
      vendorCode: "ECONNREFUSED",
      mayHaveTakenEffect: false,
    });
    // Both families are tried, and both refusals come in one error.
    const both = await clientAt(`http://localhost:${await closedPort()}`).failureOf(GET);
    expect(both).toMatchObject({ kind: "unavailable", mayHaveTakenEffect: false });
    const unknown = await clientAt("http://nobody.invalid").failureOf(GET);
    expect(unknown).toMatchObject({ kind: "unavailable", mayHaveTakenEffect: false });
  });

  test("that breaks off says that it may have been done", async () => {
    const reset = await listening((request) => request.socket.resetAndDestroy());
    expect(await clientAt(reset).failureOf(GET)).toMatchObject({
      kind: "unavailable",
      mayHaveTakenEffect: true,
    });
    const cut = await listening((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => response.socket?.destroy());
    });
    expect(await clientAt(cut).failureOf(GET)).toMatchObject({
      kind: "unavailable",
      mayHaveTakenEffect: true,
    });
  });

  test("is given up with the connection when time is over, before the headers or in mid-body", async () => {
    let closed = 0;
    const url = await listening((request, response) => {
      response.on("close", () => {
        closed += 1;
      });
      if (request.url === "/body") response.write("{");
    });
    const limits = { attemptMs: 100, overallMs: 200, attempts: 1, backoff: { baseMs: 1, capMs: 1 } };
    const hasty = createTestPolicy("acme", { limits: { read: limits, write: limits, background: limits } });
    const { failureOf } = clientAt(url, { policy: hasty });
    for (const path of ["/headers", "/body"]) {
      expect(await failureOf({ ...GET, path })).toMatchObject({ kind: "timeout" });
    }
    await expect.poll(() => closed).toBe(2);
  });
});

describe("what an exchange throws", () => {
  const about = { provider: "acme", operation: "things.get", signal: new AbortController().signal };
  const caused = (cause: object) =>
    new TypeError("fetch failed", { cause: Object.assign(new Error("at 10.0.0.1"), cause) });

  test.each([
    [{ code: "ECONNREFUSED", syscall: "connect" }, false],
    [{ code: "ETIMEDOUT", syscall: "connect" }, false],
    [{ code: "ENOTFOUND", syscall: "getaddrinfo" }, false],
    [{ code: "EAI_AGAIN", syscall: "getaddrinfo" }, false],
    [{ code: "UND_ERR_CONNECT_TIMEOUT" }, false],
    [{ code: "ETIMEDOUT", syscall: "read" }, true],
    [{ code: "ECONNRESET", syscall: "read" }, true],
    [{ code: "EPIPE", syscall: "write" }, true],
    [{ code: "UND_ERR_SOCKET" }, true],
    [{ code: "UND_ERR_HEADERS_TIMEOUT" }, true],
    [{}, true],
  ])("with %o may have taken effect: %s", (cause, mayHaveTakenEffect) => {
    const error = fromNetworkFailure(caused(cause), about);
    expect(error).toMatchObject({ kind: "unavailable", retryable: true, mayHaveTakenEffect });
    expect(error.message).not.toContain("10.0.0.1");
  });

  test("is our own doing when our signal has aborted", () => {
    const signal = AbortSignal.abort();
    expect(fromNetworkFailure(new Error("aborted"), { ...about, signal })).toMatchObject({
      kind: "aborted",
      retryable: false,
    });
  });

  test("stays as it is where it is ours, and is never lost in a ring of causes", () => {
    const ours = new IntegrationError("conflict", { provider: "acme", operation: "x" });
    expect(fromNetworkFailure(ours, about)).toBe(ours);
    const ring = new Error("ring");
    ring.cause = ring;
    expect(fromNetworkFailure(ring, about)).toMatchObject({ kind: "unavailable" });
    expect(fromNetworkFailure("a string", about)).toMatchObject({ kind: "unavailable" });
  });
});

describe("headers about limits", () => {
  test.each([
    ["3", 3],
    [" 12 ", 12],
    ["0", 0],
    ["-1", null],
    ["1.5", null],
    ["soon", null],
    ["", null],
    ["9".repeat(30), null],
  ])("%j is %s", (value, expected) => {
    expect(wholeNumber(new Headers({ limit: value }), "limit")).toBe(expected);
  });

  test.each([
    ["7", 7_000],
    ["0", 0],
    ["Wed, 21 Oct 2026 07:28:00 GMT", 30_000],
    ["Wed, 21 Oct 2026 07:20:00 GMT", 0],
    ["Wed, 99 Oct 2026 07:28:00 GMT", null],
    ["Wed, 21 Oct 2026 07:28:00 +0200", null],
    ["2026-10-21T07:28:00Z", null],
    ["-5", null],
    ["1.5", null],
    ["soon", null],
    ["", null],
  ])("ask with Retry-After %j to wait %s ms", (value, expected) => {
    const now = Date.UTC(2026, 9, 21, 7, 27, 30);
    expect(retryAfterMs(new Headers({ "retry-after": value }), now)).toBe(expected);
  });

  test("that are not there ask for nothing", () => {
    expect(retryAfterMs(new Headers(), 0)).toBeNull();
  });
});
