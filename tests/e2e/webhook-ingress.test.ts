/** Guards the webhook routes of the production build against whatever a stranger may send to them over HTTP. */
import { connect } from "node:net";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "@/tests/support/poll";
import {
  mutated,
  randomFrom,
  SIGNING_VENDORS,
  type SignedWebhook,
  type SigningVendor,
  signedWebhook,
} from "@/tests/support/signed-webhooks";
import { stackUnderTest } from "@/tests/support/stack-under-test";

const LIMIT = 512 * 1024;
const MEGABYTE = 1024 * 1024;

const pool = new pg.Pool({ connectionString: stackUnderTest().database, max: 1 });
afterAll(() => pool.end());

const routeOf = (vendor: SigningVendor) => `${stackUnderTest().app}/api/webhooks/${vendor}`;

function signedForStack(vendor: SigningVendor): SignedWebhook {
  const key = stackUnderTest().signing[vendor];
  return signedWebhook(vendor, vendor === "sendgrid" ? { privateKey: key } : { secret: key });
}

async function post(
  vendor: SigningVendor,
  body: BodyInit,
  headers: Record<string, string>,
): Promise<Response> {
  return fetch(routeOf(vendor), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
    ...{ duplex: "half" },
  });
}

async function countRows(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>("SELECT count(*)::int AS count FROM webhook_event");
  return rows[0]?.count ?? 0;
}

/** Of two webhooks, the one that HTTP carries as the same is no change. */
function lines({ body, headers }: SignedWebhook): string {
  return JSON.stringify([body.toString("base64"), ...new Headers(headers)]);
}

function changesOf(
  vendor: SigningVendor,
  times: number,
): { original: SignedWebhook; changed: SignedWebhook[] } {
  const original = signedForStack(vendor);
  const random = randomFrom(1_000);
  const changed: SignedWebhook[] = [];
  while (changed.length < times) {
    const one = mutated(original, random);
    try {
      if (lines(one) !== lines(original)) changed.push(one);
    } catch {
      // Not a header that HTTP can carry.
    }
  }
  return { original, changed };
}

/** Sends a body piece by piece on a connection of its own until it is answered; how much went onto the wire. */
async function upload(headers: Record<string, string>, totalBytes: number) {
  const { hostname, port, pathname } = new URL(routeOf("stripe"));
  const socket = connect(Number(port), hostname);
  const piece = Buffer.alloc(64 * 1024, 32);
  const head = Object.entries({ host: `${hostname}:${port}`, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const isChunked = headers["transfer-encoding"] === "chunked";
  let answer = "";
  let sent = 0;
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      if (answer.includes("\r\n\r\n")) resolve();
    });
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
  }).then(() => {
    isOver = true;
  });
  socket.write(`POST ${pathname} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`);
  while (sent < totalBytes && !isOver) {
    const framed = isChunked
      ? Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")])
      : piece;
    const hasRoom = socket.write(framed);
    sent += piece.length;
    if (!hasRoom) await Promise.race([over, new Promise((resolve) => socket.once("drain", resolve))]);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  if (isChunked && !isOver) socket.write("0\r\n\r\n");
  await over;
  const onTheWire = socket.bytesWritten;
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), onTheWire };
}

describe("a webhook that was changed on its way", () => {
  it.each([
    ["stripe", 400],
    ["resend", 400],
    ["sendgrid", 200],
  ] as const)("is refused with 400 and stored nowhere: %s, %i times", async (vendor, times) => {
    const { original, changed } = changesOf(vendor, times);
    const before = await countRows();
    const statuses = new Map<number, number>();
    for (let at = 0; at < changed.length; at += 10) {
      await Promise.all(
        changed.slice(at, at + 10).map(async ({ body, headers }) => {
          const { status } = await post(vendor, new Uint8Array(body), headers);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }),
      );
    }
    expect(Object.fromEntries(statuses)).toEqual({ 400: times });
    // Whatever else the stack does meanwhile, none of these is among its rows.
    expect(await countRows()).toBe(before);
    expect((await post(vendor, new Uint8Array(original.body), original.headers)).status).toBe(200);
    await eventually("its row", async () => (await countRows()) === before + 1);
  });
});

describe("a body", () => {
  const { headers } = signedForStack("stripe");

  it.each([0, 1, LIMIT])("of %i bytes that nobody signed is refused with 400", async (bytes) => {
    expect((await post("stripe", "x".repeat(bytes), headers)).status).toBe(400);
  });

  it("of a byte more than the limit is refused with 413", async () => {
    expect((await post("stripe", "x".repeat(LIMIT + 1), headers)).status).toBe(413);
  });

  // Each on a connection of its own: the rest is never read, and stands in the way of what comes after.
  it.each<[number, Record<string, string>]>([
    [1, { "content-length": String(MEGABYTE) }],
    [10, { "content-length": String(10 * MEGABYTE) }],
    [100, { "content-length": String(100 * MEGABYTE) }],
    [100, { "transfer-encoding": "chunked" }],
  ])("of %i MB is refused with 413 before it is sent: %o", async (megabytes, framing) => {
    const { status, onTheWire } = await upload(
      { "content-type": "application/json", ...headers, ...framing },
      megabytes * MEGABYTE,
    );
    expect(status).toBe(413);
    // The cap, and what lies in the buffers of two sockets.
    expect(onTheWire).toBeLessThan(12 * MEGABYTE);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"])(
    "of type %s is refused with 415",
    async (type) => {
      expect((await post("stripe", "{}", { ...headers, "content-type": type })).status).toBe(415);
    },
  );

  it("of brackets within brackets is refused with 400, signed or not", async () => {
    const deep = "[".repeat(200_000);
    expect((await post("stripe", deep, headers)).status).toBe(400);
  });

  it.each(SIGNING_VENDORS)("that is refused is answered with nothing to learn from: %s", async (vendor) => {
    const response = await post(vendor, "{}", {});
    expect([response.status, await response.text()]).toEqual([400, ""]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});
