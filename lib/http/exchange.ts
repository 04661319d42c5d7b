/** One request and its whole answer. Throws what `fetch` throws; lib/http/network-error.ts makes sense of it. */
import { readCapped } from "./read-capped";

/** No answer that is read here comes near it; a larger one is a mistake, or an attack on our memory. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface Exchange {
  url: string;
  method: string;
  headers: Headers | Record<string, string>;
  /** The exact text to be sent. */
  body?: string | undefined;
  signal: AbortSignal;
  /** Another than the global one. */
  fetch?: typeof fetch | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** An answer came, and what it says cannot be known. */
export class UnreadableAnswer extends Error {
  override readonly name = "UnreadableAnswer";
}

/**
 * Sends a request and reads its answer to the end, both within the signal. A redirect is an answer like any other:
 * followed, it would carry the key, or do the write, at an address that nobody has chosen.
 */
export async function exchange(request: Exchange): Promise<Answer> {
  const { url, method, headers, body = null, signal, fetch: send = fetch } = request;
  const response = await send(url, { method, headers, body, signal, redirect: "manual", cache: "no-store" });
  const bytes = await readCapped(response, MAX_ANSWER_BYTES);
  if (bytes === null) throw new UnreadableAnswer("larger than any answer that is expected");
  return { status: response.status, headers: response.headers, text: bytes.toString("utf8") };
}

/** The body as JSON; null where there is none. @throws UnreadableAnswer */
export async function jsonOf({ text }: Answer): Promise<unknown> {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    // Without its cause: a parser's message quotes what it could not read.
    throw new UnreadableAnswer("not JSON");
  }
}
