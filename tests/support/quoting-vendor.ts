/**
 * A vendor that can be brought to say the worst: it stands before a stand-in, and where it is told to fail, its answer
 * quotes the whole request, key and address and all. The app holds a key that the stand-in does not know; on the way
 * there it is changed for one that it does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a failing answer looks like: a status with the vendor's error object, or … */
export type Quote =
  | number
  /** no JSON; */
  | "garbage"
  /** less than was promised, and the end of the connection; */
  | "truncated"
  /** the same with a reset; */
  | "reset"
  /** the same with nothing after it; */
  | "hanging"
  /** a success in a form that no client expects; */
  | "foreign"
  /** what the stand-in says to the key that the app really has. */
  | "own words";

export interface QuotingVendorOptions {
  /** The stand-in's origin. */
  target: string;
  /** What of a request is changed on the way to the stand-in: the app's secret for what the stand-in takes. */
  exchange: { from: string; to: string };
  /** What its prose begins with, to be known again. */
  prose: string;
  /** The vendor's error object around these words. */
  errorBody(status: number, words: string): unknown;
}

interface Request {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** Headers in which vendors name a request, a reason or a time. */
const TELLING_HEADERS = ["request-id", "x-message-id", "stripe-rate-limited-reason", "retry-after"];
/** Clients take no headers of any length. */
const HEADER_CHARACTERS = 1_500;

async function received(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: incoming.method ?? "GET",
    url: incoming.url ?? "/",
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

/** As the vendor reads it: forms and queries are percent-encoded. */
function readable(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " ").replace(/%(?![\da-f]{2})/gi, "%25"));
}

export async function startQuotingVendor({ target, exchange, prose, errorBody }: QuotingVendorOptions) {
  const { from, to } = exchange;
  const requests: Request[] = [];
  let left: Quote[] = [];
  let isDown = false;
  let told = /./;

  function takeQuote({ method, url }: Request): Quote | null {
    if (isDown) return 500;
    return told.test(`${method} ${url}`) ? (left.shift() ?? null) : null;
  }

  async function forward(request: Request, response: ServerResponse, hasKnownKey: boolean): Promise<void> {
    const changed = (text: string) => (hasKnownKey ? text.replaceAll(from, to) : text);
    const { host, connection, "content-length": length, ...headers } = request.headers;
    const answer = await fetch(`${target}${changed(request.url)}`, {
      method: request.method,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, changed(value)])),
      body: request.body === "" ? null : request.body,
      redirect: "manual",
    });
    const body = Buffer.from(await answer.arrayBuffer());
    const kept = [...answer.headers].filter(
      ([name]) => !/^(content-length|transfer-encoding|connection)$/.test(name),
    );
    response.writeHead(answer.status, Object.fromEntries(kept)).end(body);
  }

  function quote(kind: Exclude<Quote, "own words">, request: Request, response: ServerResponse): void {
    const { method, url, headers, body } = request;
    const words = [
      prose,
      headers.authorization,
      readable(body),
      method,
      readable(url),
      JSON.stringify(headers),
    ].join(" ");
    const json = { "content-type": "application/json" };
    if (kind === "foreign") {
      response.writeHead(200, json).end(JSON.stringify({ said: words }));
      return;
    }
    const line = words.replace(/[^ -~]/g, " ").slice(0, HEADER_CHARACTERS);
    const telling = Object.fromEntries(TELLING_HEADERS.map((name) => [name, line]));
    if (typeof kind === "number") {
      response.writeHead(kind, { ...telling, ...json }).end(JSON.stringify(errorBody(kind, words)));
      return;
    }
    if (kind === "garbage") {
      response.writeHead(200, { ...telling, ...json }).end(`<p>${words}</p>`);
      return;
    }
    const promised = { ...telling, ...json, "content-length": Buffer.byteLength(words) + 10 };
    response.writeHead(200, promised).write(words, () => {
      if (kind === "reset") response.socket?.resetAndDestroy();
      if (kind === "truncated") response.socket?.destroySoon();
    });
  }

  const server = createServer(async (incoming, response) => {
    const request = await received(incoming);
    requests.push(request);
    const kind = takeQuote(request);
    if (kind === null || kind === "own words") await forward(request, response, kind === null);
    else quote(kind, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Everything that it was asked, oldest first. */
    requests,
    /** The next requests fail, each in its way; of those alone that `on` fits ("POST /v1/customers"). */
    fail: (quotes: readonly Quote[], on = /./) => {
      left = [...quotes];
      told = on;
    },
    /** How many of them are still to come. */
    failuresLeft: () => left.length,
    /** Whether every request fails, with 500. */
    setDown: (down: boolean) => {
      isDown = down;
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
