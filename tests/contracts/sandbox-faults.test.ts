/** Every fault of the control port at every vendor's stand-in, as a client without an adapter sees it. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "@/tests/support/poll";
import { type FaultInput, startVendors, type Vendors } from "@/tests/support/vendors";

type VendorName = FaultInput["vendor"];

interface Write {
  path: string;
  headers: Record<string, string>;
  body: string;
  /** The collection that it adds one to. */
  collection: string;
  /** The vendor's own error shape. */
  error: unknown;
}

const text = expect.any(String) as string;
const json = { "content-type": "application/json" };
const to = "somebody@example.com";

const WRITES: Record<VendorName, Write> = {
  stripe: {
    path: "/v1/customers",
    headers: {
      authorization: "Bearer sk_test_sandbox",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({ email: to }).toString(),
    collection: "customers",
    error: { error: expect.objectContaining({ type: text, message: text }) },
  },
  resend: {
    path: "/emails",
    headers: { ...json, authorization: "Bearer re_sandbox" },
    body: JSON.stringify({ from: "a@example.com", to, subject: "Hello", text: "Hello" }),
    collection: "emails",
    error: { statusCode: expect.any(Number), name: text, message: text },
  },
  sendgrid: {
    path: "/v3/mail/send",
    headers: { ...json, authorization: "Bearer SG.sandbox" },
    body: JSON.stringify({
      personalizations: [{ to: [{ email: to }] }],
      from: { email: "a@example.com" },
      subject: "Hello",
      content: [{ type: "text/plain", value: "Hello" }],
    }),
    collection: "emails",
    error: { errors: [{ message: text, field: null, help: null }] },
  },
  oncall: {
    path: "/webhook",
    headers: json,
    body: JSON.stringify({ text: "Hello" }),
    collection: "alerts",
    error: expect.stringMatching(/^[a-z_]+$/),
  },
};
const VENDORS = Object.keys(WRITES) as VendorName[];
const STATUSES = [400, 401, 402, 404, 409, 429, 500, 503];
/** For a call that meets a fault; one that meets none may take as long as a busy machine needs. */
const PATIENCE_MS = 500;

let vendors: Vendors;

beforeAll(async () => {
  vendors = await startVendors();
});

afterAll(async () => {
  await vendors.stop();
});

afterEach(async () => {
  await vendors.clearFaults();
});

function write(vendor: VendorName, key: string = randomUUID(), patienceMs = 10_000): Promise<Response> {
  const { path, headers, body } = WRITES[vendor];
  return fetch(`${vendors.urls[vendor]}${path}`, {
    method: "POST",
    headers: { ...headers, "idempotency-key": key },
    body,
    signal: AbortSignal.timeout(patienceMs),
  });
}

async function effects(vendor: VendorName): Promise<number> {
  return (await vendors.vendorEffects())[vendor][WRITES[vendor].collection] ?? 0;
}

/** What a write came to, and how many effects it had at the vendor. */
async function outcome(
  vendor: VendorName,
  patienceMs?: number,
): Promise<{ result: string; effects: number }> {
  const before = await effects(vendor);
  const result = await write(vendor, undefined, patienceMs).then(
    async (response) => {
      const body = await response.text().catch((error: Error) => error);
      return body instanceof Error ? `headers, then ${nameOf(body)}` : `answered ${response.status}`;
    },
    (error: Error) => nameOf(error),
  );
  return { result, effects: (await effects(vendor)) - before };
}

function nameOf(error: Error): string {
  const { cause } = error as { cause?: { code?: string } };
  return error.name === "TimeoutError" ? "a hang" : (cause?.code ?? error.name);
}

describe.each(VENDORS)("%s", (vendor) => {
  test.each(STATUSES)("answers %i in its own error shape, and does nothing", async (status) => {
    await vendors.addFault({ vendor, kind: "status", status, times: 1 });
    const before = await effects(vendor);
    const response = await write(vendor);
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBeNull();
    const body = await response.text();
    expect(vendor === "oncall" ? body : JSON.parse(body)).toEqual(WRITES[vendor].error);
    expect(await effects(vendor)).toBe(before);
  });

  test("answers 429 and 503 with Retry-After where it was told so", async () => {
    for (const status of [429, 503]) {
      await vendors.addFault({ vendor, kind: "status", status, retryAfterSeconds: 7, times: 1 });
      const response = await write(vendor);
      expect([response.status, response.headers.get("retry-after")]).toEqual([status, "7"]);
    }
  });

  test.each<[string, Omit<FaultInput, "vendor">, RegExp, number]>([
    ["hangs before the headers, and does nothing", { kind: "hang" }, /^a hang$/, 0],
    ["hangs in the body, having done it", { kind: "hang", phase: "body" }, /^headers, then a hang$/, 1],
    ["resets the connection, and does nothing", { kind: "reset" }, /^(ECONNRESET|UND_ERR_SOCKET)$/, 0],
    ["resets it in the body, having done it", { kind: "reset", phase: "body" }, /^headers, then \w+$/, 1],
    ["cuts its answer short, having done it", { kind: "truncate" }, /^headers, then \w+$/, 1],
    ["answers garbage, and does nothing", { kind: "garbage" }, /^answered 200$/, 0],
    ["answers garbage, having done it", { kind: "garbage", phase: "body" }, /^answered 200$/, 1],
    ["fails, having done it", { kind: "status", status: 500, phase: "body" }, /^answered 500$/, 1],
    ["is slow beyond patience, having done it", { kind: "latency", latencyMs: 5_000 }, /^a hang$/, 1],
    ["is slow", { kind: "latency", latencyMs: 50 }, /^answered 20[02]$/, 1],
  ])("%s", async (_name, fault, result, count) => {
    await vendors.addFault({ vendor, times: 1, ...fault });
    expect(await outcome(vendor, PATIENCE_MS)).toEqual({
      result: expect.stringMatching(result),
      effects: count,
    });
    // Once only: the next one is served.
    expect(await outcome(vendor)).toMatchObject({ effects: 1 });
  });

  test("refuses connections until its own faults are cleared, and the others go on meanwhile", async () => {
    await vendors.addFault({ vendor, kind: "refused" });
    expect((await outcome(vendor)).result).toBe("ECONNREFUSED");
    for (const other of VENDORS.filter((one) => one !== vendor)) {
      expect(await outcome(other)).toMatchObject({ effects: 1 });
    }
    await vendors.clearFaults(vendor);
    expect(await outcome(vendor)).toMatchObject({ effects: 1 });
  });

  test("what arrived is told: the call, its status, its key, and how many there were", async () => {
    const key = randomUUID();
    const before = (await vendors.vendorCallCounts())[vendor] ?? 0;
    await vendors.addFault({ vendor, kind: "status", status: 503, times: 1 });
    await write(vendor, key);
    await write(vendor, key);
    await vendors.addFault({ vendor, kind: "hang", times: 1 });
    await write(vendor, key, PATIENCE_MS).catch(() => undefined);
    const calls = await eventually("the call that hung to be noted", async () => {
      const noted = (await vendors.vendorCalls()).filter((call) => call.idempotencyKey === key);
      return noted.length === 3 && noted;
    });
    const { path } = WRITES[vendor];
    const served = vendor === "sendgrid" ? 202 : 200;
    expect(calls).toEqual(
      [503, served, null].map((status) =>
        expect.objectContaining({ vendor, method: "POST", path, status, idempotencyKey: key }),
      ),
    );
    expect((await vendors.vendorCallCounts())[vendor]).toBe(before + 3);
  });
});

test("faults of one vendor can be cleared without those of another", async () => {
  await vendors.addFault({ vendor: "stripe", kind: "status", status: 500 });
  await vendors.addFault({ vendor: "resend", kind: "status", status: 500 });
  await vendors.clearFaults("stripe");
  expect((await write("stripe")).status).toBe(200);
  expect((await write("resend")).status).toBe(500);
  const unknown = await fetch(`${vendors.urls.control}/faults?vendor=nobody`, { method: "DELETE" });
  expect(unknown.status).toBe(400);
  expect((await write("resend")).status).toBe(500);
});
