/**
 * Serves one stand-in (or the control pages) on loopback: 127.0.0.1, and ::1 where there is one, because `localhost` may
 * mean either. Applies the fault book, keeps the request log, and refuses callers that only a browser on a foreign page
 * (DNS rebinding, a form posted from elsewhere) could be.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { injectFault } from "./fault-injection";
import type { FaultBook, FaultKind } from "./faults";
import { type RequestLog, redactPath } from "./request-log";

/** What is served; set once the port is known, since a stand-in needs its own address. */
export interface ServedApp {
  fetch(request: Request): Response | Promise<Response>;
  isApiPath?(path: string): boolean;
  errorBody?(status: number): unknown;
}

export interface LoopbackServerOptions {
  /** The vendor's name, for faults and the log. */
  name: string;
  /** 0 takes a free one. */
  port: number;
  /** Unix milliseconds. */
  now(): number;
  /** Absent: no faults and no log (the control server). */
  instruments?: { faults: FaultBook; log: RequestLog };
}

export interface LoopbackServer {
  port: number;
  /** `http://localhost:<port>` */
  url: string;
  serve(app: ServedApp): void;
  /** Really closes the port: new connections meet ECONNREFUSED, idle ones are closed. */
  refuse(): void;
  /** Opens the same port again after `refuse`. */
  accept(): Promise<void>;
  /** Answers what is being answered, for at most two seconds, then cuts. */
  stop(): Promise<void>;
}

/** The port is taken, or this process may not have it. */
export class PortUnavailableError extends Error {
  override name = "PortUnavailableError";
  constructor(
    readonly serverName: string,
    readonly port: number,
    options: { cause: unknown },
  ) {
    super(`Port ${port}, wanted for the ${serverName} sandbox, is taken by another program.`, options);
  }
}

const STOP_GRACE_MS = 2_000;

/** @throws PortUnavailableError */
export async function openLoopbackServer(options: LoopbackServerOptions): Promise<LoopbackServer> {
  let served: ServedApp | undefined;
  let refusing = false;
  const listener = getRequestListener(
    (request, env) => {
      const refusal = refuseForeign(request);
      if (refusal) return refusal;
      if (!served) return new Response("The sandbox is starting.", { status: 503 });
      return options.instruments
        ? answerInstrumented(request, env as HttpBindings, served, { ...options, ...options.instruments })
        : served.fetch(request);
    },
    { overrideGlobalObjects: false },
  );
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // A kept-alive connection would outlive the closed port; not all of them count as idle when it closes.
    if (refusing) {
      incoming.socket.destroy();
      return;
    }
    outgoing.once("finish", () => refusing && outgoing.socket?.destroySoon());
    void listener(incoming, outgoing);
  };
  const { servers, port } = await listenOnLoopback(options, handle);

  return {
    port,
    url: `http://localhost:${port}`,
    serve(app) {
      served = app;
    },
    refuse() {
      refusing = true;
      for (const { server } of servers) {
        if (!server.listening) continue;
        server.close();
        server.closeIdleConnections();
      }
    },
    async accept() {
      refusing = false;
      for (const { server, host } of servers) if (!server.listening) await listen(server, host, port);
    },
    async stop() {
      await Promise.all(servers.map(({ server }) => stopServer(server)));
    },
  };
}

/** Long, so that no client reuses a connection in the moment in which it is closed: that would be a fault nobody asked for. */
const SERVER_OPTIONS = { keepAliveTimeout: 65_000, headersTimeout: 70_000 };

interface BoundServer {
  server: Server;
  host: string;
}

async function listenOnLoopback(
  options: LoopbackServerOptions,
  handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
): Promise<{ servers: BoundServer[]; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const four: BoundServer = { server: createServer(SERVER_OPTIONS, handle), host: "127.0.0.1" };
    const six: BoundServer = { server: createServer(SERVER_OPTIONS, handle), host: "::1" };
    try {
      await listen(four.server, four.host, options.port);
    } catch (error) {
      throw new PortUnavailableError(options.name, options.port, { cause: error });
    }
    const address = four.server.address();
    const port = typeof address === "object" && address ? address.port : options.port;
    try {
      await listen(six.server, six.host, port);
      return { servers: [four, six], port };
    } catch (error) {
      if (!isAddressInUse(error)) return { servers: [four], port }; // This machine has no IPv6 loopback.
      await stopServer(four.server);
      // A program on ::1 only would get half of the calls to localhost.
      if (options.port !== 0 || attempt === 10)
        throw new PortUnavailableError(options.name, port, { cause: error });
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, ipv6Only: host === "::1" }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
    const finish = () => {
      clearTimeout(cut);
      resolve();
    };
    if (server.listening) server.close(finish);
    else {
      server.closeAllConnections();
      finish();
    }
    server.closeIdleConnections();
  });
}

const LOOPBACK_HOST = /^(localhost|[\w-]+\.localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * A page of the internet that the developer happens to have open can send requests to loopback. It betrays itself by the
 * Host it dialled (rebinding) or, when it wants to change something, by its Origin.
 */
function refuseForeign(request: Request): Response | undefined {
  const host = request.headers.get("host") ?? "";
  if (!LOOPBACK_HOST.test(host))
    return new Response("This sandbox answers on loopback only.", { status: 421 });
  const origin = request.headers.get("origin");
  if (origin === null || request.method === "GET" || request.method === "HEAD") return undefined;
  const originHost = URL.canParse(origin) ? new URL(origin).host : "";
  return LOOPBACK_HOST.test(originHost)
    ? undefined
    : new Response("This sandbox takes no requests from other sites.", { status: 403 });
}

interface Instruments {
  name: string;
  now(): number;
  faults: FaultBook;
  log: RequestLog;
}

async function answerInstrumented(
  request: Request,
  env: HttpBindings,
  app: ServedApp,
  { name, now, faults, log }: Instruments,
): Promise<Response> {
  const startedAt = now();
  const url = new URL(request.url);
  const { pathname: path } = url;
  const idempotencyKey = request.headers.get("idempotency-key");
  const isApi = app.isApiPath ? app.isApiPath(path) : path.startsWith("/v1/");
  const fault = faults.take({ vendor: name, method: request.method, path, isApi });
  let requestId: string | null = null;
  const note = (status: number | null, kind: FaultKind | null) => {
    // People looking at pages, some of which renew themselves, would push the app's own calls out of the log.
    if (!isApi && request.method === "GET" && kind === null) return;
    log.add({
      at: startedAt,
      vendor: name,
      method: request.method,
      path: redactPath(url),
      status,
      durationMs: now() - startedAt,
      idempotencyKey,
      requestId,
      fault: kind,
    });
  };
  const perform = async () => {
    const response = await app.fetch(request);
    const { headers } = response;
    requestId = headers.get("request-id") ?? headers.get("x-request-id") ?? headers.get("x-message-id");
    return response;
  };

  if (!fault) {
    try {
      const response = await perform();
      note(response.status, null);
      return response;
    } catch (error) {
      note(500, null);
      throw error;
    }
  }
  const errorBody = (status: number) =>
    app.errorBody?.(status) ?? { error: { message: `The sandbox was told to answer ${status}.` } };
  const status = await injectFault(fault, { outgoing: env.outgoing as ServerResponse, perform, errorBody });
  note(status, fault.kind);
  return RESPONSE_ALREADY_SENT;
}
