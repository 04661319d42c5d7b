/**
 * Resend's REST API, as far as the app's mail needs it: send, batch, retrieve, list, taking an address off the suppression
 * list, and an (empty) list of domains.
 * Every other path answers 404 as the vendor does. Shapes: https://resend.com/docs/api-reference and the SDK's own types.
 */
import { randomUUID } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import type {
  GetEmailResponseSuccess,
  ListDomainsResponseSuccess,
  RemoveSuppressionResponseSuccess,
} from "resend";
import type { StandInDeps } from "@/lib/sandbox/kernel/types";
import type { Mail, MailContent } from "@/lib/sandbox/mail/mail";
import type { Mailroom } from "@/lib/sandbox/mail/mailroom";
import { parseEmailRequest } from "./email-request";
import { errorAnswer, errorBodyFor, ResendApiError } from "./errors";
import { messageId } from "./events";
import { createIdempotency } from "./idempotency";

/** The only key that this account has. */
const SANDBOX_API_KEY = "re_sandbox";

const MAXIMUM_BATCH = 100;
/** Far above a real account's, so that no test trips over it; a `status` fault of 429 shows the real thing. */
const REQUESTS_PER_SECOND = 1_000;

export function createResendApi(deps: StandInDeps, mailroom: Mailroom): Hono {
  const app = new Hono();
  const once = createIdempotency(deps);
  const accept = (content: MailContent, key: string | null) => {
    const id = randomUUID();
    mailroom.accept(id, content, key);
    return { id };
  };

  app.use(rateLimit(deps.now));
  app.use(authenticate);
  app.post("/emails", async (context) => {
    const body = await context.req.text();
    const key = context.req.header("idempotency-key") ?? null;
    const request = parseEmailRequest(parseJson(body));
    return context.json(await once({ key, path: "/emails", body }, () => accept(request, key)));
  });
  app.post("/emails/batch", async (context) => {
    const body = await context.req.text();
    const key = context.req.header("idempotency-key") ?? null;
    const isPermissive = context.req.header("x-batch-validation") === "permissive";
    const batch = parseBatch(parseJson(body), isPermissive);
    const answer = await once({ key, path: "/emails/batch", body }, () => ({
      data: batch.requests.map((request) => accept(request, key)),
      ...(isPermissive ? { errors: batch.errors } : {}),
    }));
    return context.json(answer);
  });
  app.get("/emails", (context) => context.json(listEmails(mailroom, new URL(context.req.url).searchParams)));
  app.get("/emails/:id", (context) => {
    const id = context.req.param("id");
    if (!UUID.test(id)) {
      throw new ResendApiError(422, "invalid_parameter", "The `id` must be a valid UUID.");
    }
    const mail = mailroom.find(id);
    if (!mail) throw new ResendApiError(404, "not_found", "Email not found");
    return context.json(toEmail(mail));
  });
  app.delete("/suppressions/:address", (context) => {
    const address = context.req.param("address");
    if (!mailroom.unsuppress(address)) throw new ResendApiError(404, "not_found", "Suppression not found");
    return context.json<RemoveSuppressionResponseSuccess>({
      object: "suppression",
      id: randomUUID(),
      deleted: true,
    });
  });
  app.get("/domains", (context) =>
    context.json<ListDomainsResponseSuccess>({ object: "list", has_more: false, data: [] }),
  );
  for (const path of ["/emails", "/emails/batch", "/emails/:id", "/suppressions/:address", "/domains"]) {
    app.all(path, (context) => context.json(errorBodyFor(405), 405));
  }
  app.notFound((context) => context.json(errorBodyFor(404), 404));
  app.onError((error) => {
    if (error instanceof ResendApiError) {
      const { statusCode, errorName, message } = error;
      return Response.json(errorAnswer(statusCode, errorName, message), { status: statusCode });
    }
    process.stderr.write(`mail sandbox: ${error.stack ?? error.message}\n`);
    return Response.json(errorBodyFor(500), { status: 500 });
  });
  return app;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const authenticate: MiddlewareHandler = async (context, next) => {
  const key = /^Bearer\s+(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (!key) return context.json(errorBodyFor(401), 401);
  // The documented answer; deployments have also been seen to answer 401 `validation_error` with the same message.
  if (key !== SANDBOX_API_KEY) return context.json(errorBodyFor(403), 403);
  return next();
};

/** The headers of https://resend.com/docs/api-reference/rate-limit, over windows of one second. */
function rateLimit(now: () => number): MiddlewareHandler {
  let window = 0;
  let used = 0;
  return async (context, next) => {
    const current = Math.floor(now() / 1_000);
    if (current !== window) {
      window = current;
      used = 0;
    }
    used += 1;
    const isExceeded = used > REQUESTS_PER_SECOND;
    if (isExceeded)
      context.res = Response.json(errorBodyFor(429), { status: 429, headers: { "retry-after": "1" } });
    else await next();
    context.res.headers.set("ratelimit-limit", String(REQUESTS_PER_SECOND));
    context.res.headers.set("ratelimit-remaining", String(Math.max(0, REQUESTS_PER_SECOND - used)));
    context.res.headers.set("ratelimit-reset", "1");
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new ResendApiError(400, "validation_error", "The request body is not valid JSON.");
    }
    throw error;
  }
}

interface Batch {
  requests: MailContent[];
  /** Filled only where the caller asked for permissive validation. */
  errors: { index: number; message: string }[];
}

function parseBatch(body: unknown, isPermissive: boolean): Batch {
  if (!Array.isArray(body) || body.length === 0) {
    throw new ResendApiError(
      422,
      "validation_error",
      "The request body must be a non-empty array of emails.",
    );
  }
  if (body.length > MAXIMUM_BATCH) {
    throw new ResendApiError(422, "validation_error", `A batch takes at most ${MAXIMUM_BATCH} emails.`);
  }
  const batch: Batch = { requests: [], errors: [] };
  for (const [index, entry] of body.entries()) {
    try {
      const request = parseEmailRequest(entry);
      if (request.attachments.length > 0) {
        throw new ResendApiError(
          422,
          "validation_error",
          "The `attachments` field is not supported in batches.",
        );
      }
      batch.requests.push(request);
    } catch (error) {
      if (!isPermissive || !(error instanceof ResendApiError)) throw error;
      batch.errors.push({ index, message: error.message });
    }
  }
  return batch;
}

type ListedEmail = Omit<GetEmailResponseSuccess, "html" | "text" | "tags" | "object">;

/** Newest first; `limit` (1 to 100, default 20), `after` or `before` an id. */
function listEmails(mailroom: Mailroom, query: URLSearchParams) {
  const limit = Number(query.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    throw new ResendApiError(422, "validation_error", "The `limit` must be a number between 1 and 100.");
  }
  const all = mailroom.list().map(toEmail);
  const after = query.get("after");
  const before = query.get("before");
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const end =
    before === null
      ? all.length
      : Math.max(
          0,
          all.findIndex(({ id }) => id === before),
        );
  const rest = all.slice(start, end);
  const found = before === null ? rest.slice(0, limit) : rest.slice(-limit);
  const data: ListedEmail[] = found.map(
    ({ html: _html, text: _text, tags: _tags, object: _object, ...listed }) => listed,
  );
  return { object: "list" as const, has_more: rest.length > limit, data };
}

/** As `GET /emails/:id` answers it. */
function toEmail(mail: Mail): GetEmailResponseSuccess {
  return {
    object: "email",
    id: mail.id,
    message_id: messageId(mail.id),
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    bcc: mail.bcc,
    reply_to: mail.replyTo,
    subject: mail.subject,
    html: mail.html,
    text: mail.text,
    ...(mail.tags.length > 0 ? { tags: mail.tags } : {}),
    created_at: new Date(mail.createdAt).toISOString(),
    scheduled_at: null,
    last_event: mail.state,
  };
}
