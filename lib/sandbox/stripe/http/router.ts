/**
 * The `/v1` API over Hono: key, request id, version, idempotency, parameters, expansion, and errors in the vendor's
 * shape. A resource registers plain synchronous functions.
 */
import type { Context, Hono } from "hono";
import { parse } from "qs";
import type { SandboxStore } from "@/lib/sandbox/kernel/types";
import { createId } from "../ids";
import { API_VERSION } from "../wire";
import type { World } from "../world";
import { ApiError, errorBody, invalidRequest } from "./api-error";
import { authenticate } from "./authenticate";
import { checkExpandPaths, expand } from "./expand";
import { createIdempotency, fingerprintOf, type StoredAnswer } from "./idempotency";
import { createParams, type Params, type RawParams } from "./params";

export interface ApiCall {
  params: Params;
  /** A part of the path, such as `id`. */
  path(name: string): string;
}

/** Has to read every parameter and call `params.finish()` before it changes anything. */
export type Handler = (call: ApiCall) => object;

export interface Api {
  get(path: string, handler: Handler): void;
  post(path: string, handler: Handler): void;
  delete(path: string, handler: Handler): void;
}

type Method = "GET" | "POST" | "DELETE";

interface Answer {
  status: number;
  body: string;
  isRemembered: boolean;
  replayedFrom?: string;
}

export interface ApiOptions {
  app: Hono;
  world: World;
  store: SandboxStore;
  /** Unix milliseconds. */
  now(): number;
  /** Lets due things happen (expiries, renewals) before the call looks at them. */
  settle(): void;
}

export function createApi(options: ApiOptions): Api {
  const { app, world } = options;
  const idempotency = createIdempotency(options.store, options.now);

  const run = (call: ApiCall, handler: Handler, requestId: string, key: string | null): Answer => {
    try {
      const paths = call.params.strings("expand") ?? [];
      checkExpandPaths(paths);
      const result = world.causedBy({ id: requestId, idempotency_key: key }, () => {
        options.settle();
        return handler(call);
      });
      return { status: 200, body: JSON.stringify(expand(world, result, paths), null, 2), isRemembered: true };
    } catch (error) {
      return answerForError(error, requestId, world.baseUrl);
    }
  };

  const serve = async (context: Context, method: Method, handler: Handler): Promise<Response> => {
    const requestId = createId("req");
    const key = method === "POST" ? (context.req.header("idempotency-key") ?? null) : null;
    let release: (() => void) | undefined;
    try {
      authenticate(context.req.header("authorization"));
      checkVersion(context.req.header("stripe-version"));
      if (key) release = idempotency.begin(key);
      const raw = method === "POST" ? await readBody(context) : readQuery(context);
      const endpoint = `${method} ${context.req.path}`;
      const fingerprint = fingerprintOf(raw);
      const stored = key ? idempotency.find(key, endpoint, fingerprint) : undefined;
      if (stored) return respond(context, replay(stored), requestId, key);
      const call = { params: createParams(raw), path: (name: string) => context.req.param(name) ?? "" };
      // What a call did and what its key remembers of it: a kill leaves both or neither.
      const answer = options.store.atomically(() => {
        const done = run(call, handler, requestId, key);
        const told = losesAnswer(raw) ? { ...done, ...lostAnswer(requestId, world.baseUrl) } : done;
        if (key && told.isRemembered) {
          idempotency.keep({ key, endpoint, fingerprint, status: told.status, body: told.body, requestId });
        }
        return told;
      });
      return respond(context, answer, requestId, key);
    } catch (error) {
      return respond(context, answerForError(error, requestId, world.baseUrl), requestId, key);
    } finally {
      release?.();
    }
  };

  return {
    get: (path, handler) => void app.get(path, (context) => serve(context, "GET", handler)),
    post: (path, handler) => void app.post(path, (context) => serve(context, "POST", handler)),
    delete: (path, handler) => void app.delete(path, (context) => serve(context, "DELETE", handler)),
  };
}

/** The answer to a route that the API does not have. The SDK takes a 404 without `error` for a success. */
export function unrecognizedRoute(context: Context, baseUrl: string): Response {
  const requestId = createId("req");
  const message =
    `Unrecognized request URL (${context.req.method}: ${context.req.path}). ` +
    "Please see https://stripe.com/docs or we can help at https://support.stripe.com/.";
  const answer = answerForError(invalidRequest(message, undefined, undefined, 404), requestId, baseUrl);
  return respond(context, answer, requestId, null);
}

/** Qs limits: lists up to 200 entries, as deep as any real parameter goes. */
function parseForm(text: string): RawParams {
  return parse(text, { arrayLimit: 200, depth: 10, parameterLimit: 5000, ignoreQueryPrefix: true });
}

function readQuery(context: Context): RawParams {
  return parseForm(new URL(context.req.url).search);
}

/** A POST takes its parameters from the form, and also from the query string. */
async function readBody(context: Context): Promise<RawParams> {
  const text = await context.req.text();
  const contentType = context.req.header("content-type") ?? "";
  if (text !== "" && !contentType.startsWith("application/x-www-form-urlencoded")) {
    throw invalidRequest(
      "Invalid request (check that your POST content type is application/x-www-form-urlencoded). " +
        "If you have any questions, we can help at https://support.stripe.com/.",
    );
  }
  return { ...readQuery(context), ...parseForm(text) };
}

function checkVersion(version: string | undefined): void {
  if (version === undefined || /^\d{4}-\d{2}-\d{2}(\.\w+)?$/.test(version)) return;
  throw invalidRequest(`Invalid Stripe API version: ${version}`);
}

/**
 * A seam that the vendor does not have: `metadata[sandbox_answer]=500` carries a call out and answers (and remembers)
 * 500, so that one can try what becomes of an outcome that nobody was told.
 */
function losesAnswer(raw: RawParams): boolean {
  const metadata = raw.metadata;
  return typeof metadata === "object" && metadata !== null && "sandbox_answer" in metadata
    ? metadata.sandbox_answer === "500"
    : false;
}

function lostAnswer(requestId: string, baseUrl: string): Pick<Answer, "status" | "body"> {
  const message = "An unknown error occurred";
  return {
    status: 500,
    body: JSON.stringify(errorBody({ type: "api_error", message }, requestId, baseUrl), null, 2),
  };
}

function replay(stored: StoredAnswer): Answer {
  return { status: stored.status, body: stored.body, isRemembered: false, replayedFrom: stored.requestId };
}

/** Anything but an `ApiError` is a fault of the sandbox itself: answered as the vendor answers its own, and said aloud. */
function answerForError(error: unknown, requestId: string, baseUrl: string): Answer {
  if (!(error instanceof ApiError)) console.error(`[stripe sandbox] ${requestId}:`, error);
  const apiError =
    error instanceof ApiError
      ? error
      : new ApiError(500, { type: "api_error", message: `The sandbox failed: ${String(error)}` });
  const body = JSON.stringify(errorBody(apiError.fields, requestId, baseUrl), null, 2);
  return { status: apiError.status, body, isRemembered: apiError.isRemembered };
}

function respond(context: Context, answer: Answer, requestId: string, key: string | null): Response {
  const headers = new Headers({
    "content-type": "application/json",
    "cache-control": "no-cache, no-store",
    "request-id": requestId,
    "stripe-version": context.req.header("stripe-version") ?? API_VERSION,
  });
  if (key) headers.set("idempotency-key", key);
  if (answer.replayedFrom) {
    headers.set("idempotent-replayed", "true");
    headers.set("original-request", answer.replayedFrom);
  }
  if (answer.status === 401) headers.set("www-authenticate", 'Bearer realm="Stripe"');
  return new Response(answer.body, { status: answer.status, headers });
}
