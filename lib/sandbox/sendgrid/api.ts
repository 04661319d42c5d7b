/**
 * SendGrid's v3 API, as far as the app's mail needs it: send, the key's scopes, looking a mail up in the Email Activity, and
 * taking an address off the suppression lists.
 * Every other path answers 404 as the vendor does. https://www.twilio.com/docs/sendgrid/api-reference
 */
import { randomBytes } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import type { StandInDeps } from "@/lib/sandbox/kernel/types";
import type { Mailroom, SuppressionOrigin } from "@/lib/sandbox/mail/mailroom";
import { findActivity } from "./activity";
import { errorAnswer, errorBodyFor, SendgridApiError } from "./errors";
import { parseMailSendRequest } from "./mail-send-request";

/** The only key that this account has. */
const SANDBOX_API_KEY = "SG.sandbox";
/** What that key may do; the vendor lists many more. */
const SCOPES = [
  ...["mail.send", "email_activity.read", "user.scopes.read"],
  ...["suppression.bounces.delete", "suppression.spam_reports.delete", "suppression.invalid_emails.delete"],
];
/** Its suppression lists, and what of the sandbox's own is on them. */
const LISTS: Record<string, SuppressionOrigin | null> = {
  bounces: "bounced",
  spam_reports: "complained",
  invalid_emails: null,
};

const WINDOW_SECONDS = 60;
/** Far above a real account's, so that no test trips over it; a `status` fault of 429 shows the real thing. */
const REQUESTS_PER_WINDOW = 60_000;

export function createSendgridApi({ store, now }: StandInDeps, mailroom: Mailroom): Hono {
  const app = new Hono();

  app.use(rateLimit(now));
  app.use(authenticate);
  app.post("/v3/mail/send", async (context) => {
    if (!/^application\/json\b/i.test(context.req.header("content-type") ?? ""))
      return context.json(errorBodyFor(415), 415);
    const mails = parseMailSendRequest(parseJson(await context.req.text()));
    const messageId = randomBytes(16).toString("base64url");
    store.atomically(() => {
      for (const [index, mail] of mails.entries())
        mailroom.accept(index === 0 ? messageId : `${messageId}.${index}`, mail, null);
    });
    return context.body("", 202, { "x-message-id": messageId });
  });
  app.get("/v3/scopes", (context) => context.json({ scopes: SCOPES }));
  app.get("/v3/messages", (context) =>
    context.json(findActivity(mailroom.list(), new URL(context.req.url).searchParams)),
  );
  app.delete("/v3/suppression/:list/:address", (context) => {
    const origin = LISTS[context.req.param("list")] ?? null;
    const isRemoved = origin !== null && mailroom.unsuppress(context.req.param("address"), origin);
    return isRemoved ? context.body(null, 204) : context.json(errorBodyFor(404), 404);
  });
  for (const path of ["/v3/mail/send", "/v3/scopes", "/v3/messages", "/v3/suppression/:list/:address"]) {
    app.all(path, (context) => context.json(errorBodyFor(405), 405));
  }
  app.notFound((context) => context.json(errorBodyFor(404), 404));
  app.onError((error) => {
    if (error instanceof SendgridApiError)
      return Response.json(errorAnswer(error.message, error.field), { status: error.status });
    process.stderr.write(`mail sandbox: ${error.stack ?? error.message}\n`);
    return Response.json(errorBodyFor(500), { status: 500 });
  });
  return app;
}

const authenticate: MiddlewareHandler = async (context, next) => {
  const key = /^Bearer\s+(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (!key) return context.json(errorAnswer("authorization required", null), 401);
  if (key !== SANDBOX_API_KEY) return context.json(errorBodyFor(401), 401);
  return next();
};

/**
 * The headers of https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits, the reset
 * in Unix seconds.
 */
function rateLimit(now: () => number): MiddlewareHandler {
  let window = 0;
  let used = 0;
  return async (context, next) => {
    const current = Math.floor(now() / (WINDOW_SECONDS * 1_000));
    if (current !== window) {
      window = current;
      used = 0;
    }
    used += 1;
    if (used > REQUESTS_PER_WINDOW) context.res = Response.json(errorBodyFor(429), { status: 429 });
    else await next();
    context.res.headers.set("x-ratelimit-limit", String(REQUESTS_PER_WINDOW));
    context.res.headers.set("x-ratelimit-remaining", String(Math.max(0, REQUESTS_PER_WINDOW - used)));
    context.res.headers.set("x-ratelimit-reset", String((window + 1) * WINDOW_SECONDS));
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw new SendgridApiError(400, "Bad Request");
    throw error;
  }
}
