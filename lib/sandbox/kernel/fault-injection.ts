/** Does to one call, on its real socket, what the fault book says. */
import type { ServerResponse } from "node:http";
import type { Fault } from "./faults";

/** Time for the client to read the first half, in milliseconds. */
const READ_FIRST_MS = 25;

export interface FaultTarget {
  outgoing: ServerResponse;
  /** Lets the stand-in do the call; the result is what an unharmed client would have got. */
  perform(): Promise<Response>;
  /** The vendor's error body for a status: plain text, or what is sent as JSON. */
  errorBody(status: number): unknown;
}

/** A whole answer, ready to be cut in pieces. */
interface Answer {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

/**
 * Resolves when nothing more will be sent, or the client is gone.
 *
 * @returns the status that the client saw, or null when it saw none
 */
export async function injectFault(fault: Fault, target: FaultTarget): Promise<number | null> {
  const { outgoing } = target;
  switch (fault.kind) {
    case "latency":
      return injectLatency(fault, target);
    case "status": {
      if (fault.phase === "body") await target.perform();
      const status = fault.status ?? 500;
      const retryAfter = fault.retryAfterSeconds;
      const body = target.errorBody(status);
      const isText = typeof body === "string";
      return sendWhole(outgoing, {
        status,
        headers: {
          "content-type": isText ? "text/plain" : "application/json",
          ...(retryAfter === null ? {} : { "retry-after": String(retryAfter) }),
        },
        body: Buffer.from(isText ? body : JSON.stringify(body)),
      });
    }
    case "hang":
      if (fault.phase === "headers") {
        await untilClosed(outgoing);
        return null;
      }
      return sendHalf(outgoing, await answerOf(target), () => untilClosed(outgoing));
    case "reset":
      if (fault.phase === "headers") {
        outgoing.socket?.resetAndDestroy();
        return null;
      }
      return sendHalf(outgoing, await answerOf(target), async () => {
        // An RST on the heels of the data may discard it, and libuv reports both together as a plain end.
        await waitOrClosed(outgoing, READ_FIRST_MS);
        outgoing.socket?.resetAndDestroy();
      });
    case "lost":
      await target.perform();
      outgoing.socket?.resetAndDestroy();
      return null;
    case "truncate":
      return sendHalf(outgoing, await answerOf(target), async () => {
        outgoing.socket?.destroySoon();
      });
    case "garbage":
      if (fault.phase === "body") await target.perform();
      return sendWhole(outgoing, {
        status: 200,
        headers: { "content-type": "text/html" },
        body: Buffer.from("<html><body><h1>502 Bad Gateway</h1></body></html> }{ \u0000"),
      });
    case "refused":
      throw new Error("A refused port takes no calls.");
  }
}

async function injectLatency(fault: Fault, target: FaultTarget): Promise<number | null> {
  const { outgoing } = target;
  const answer = await answerOf(target);
  const latencyMs = fault.latencyMs ?? 0;
  if (fault.phase === "headers") {
    await waitOrClosed(outgoing, latencyMs);
    return outgoing.destroyed ? null : sendWhole(outgoing, answer);
  }
  return sendHalf(outgoing, answer, async () => {
    await waitOrClosed(outgoing, latencyMs);
    if (!outgoing.destroyed) await endWith(outgoing, answer.body.subarray(halfOf(answer)));
  });
}

async function answerOf(target: FaultTarget): Promise<Answer> {
  const response = await target.perform();
  const headers: Answer["headers"] = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  return { status: response.status, headers, body: Buffer.from(await response.arrayBuffer()) };
}

async function sendWhole(outgoing: ServerResponse, answer: Answer): Promise<number> {
  outgoing.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length });
  await endWith(outgoing, answer.body);
  return answer.status;
}

/** Sends the headers, with the whole length, and half of the body, on the wire before `then` is called. */
async function sendHalf(
  outgoing: ServerResponse,
  answer: Answer,
  then: () => Promise<void>,
): Promise<number> {
  // A body is needed to be cut: an empty answer would be complete with its headers.
  const body = answer.body.length > 0 ? answer.body : Buffer.from("  ");
  outgoing.writeHead(answer.status, { ...answer.headers, "content-length": body.length });
  await new Promise<void>((resolve) =>
    outgoing.write(body.subarray(0, halfOf({ ...answer, body })), () => resolve()),
  );
  await then();
  return answer.status;
}

function halfOf(answer: Answer): number {
  return Math.floor(answer.body.length / 2);
}

function endWith(outgoing: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    outgoing.once("close", resolve);
    outgoing.end(bytes, () => resolve());
  });
}

function untilClosed(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (outgoing.destroyed || outgoing.closed) resolve();
    else outgoing.once("close", resolve);
  });
}

function waitOrClosed(outgoing: ServerResponse, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, milliseconds);
    function finish() {
      clearTimeout(timer);
      outgoing.off("close", finish);
      resolve();
    }
    outgoing.once("close", finish);
  });
}
