/**
 * Whatever wakes the operators, played locally: it takes what Slack's incoming webhooks take, answers as they do, and keeps
 * all of it to look at. It checks no signature: the receiver of a real alert is somebody else's.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import type { StandInDeps, VendorStandIn } from "@/lib/sandbox/kernel/types";
import type { ReceivedAlert } from "./alert";
import { alertsPage } from "./alert-pages";

const ALERTS = "alerts";
const WEBHOOK_PATH = "/webhook";

export function createOncallStandIn({ store, now, appUrl }: StandInDeps): VendorStandIn {
  const app = new Hono();
  const alerts = () => store.list<ReceivedAlert>(ALERTS).toReversed();

  app.post(WEBHOOK_PATH, async (context) => {
    const body = await context.req.text();
    const text = textOf(body);
    if (text === undefined) return context.text("invalid_payload", 400);
    if (text === null) return context.text("no_text", 400);
    const id = randomUUID();
    const headers = Object.fromEntries(context.req.raw.headers);
    store.put<ReceivedAlert>(ALERTS, id, { id, at: now(), headers, body, text });
    return context.text("ok");
  });
  app.get("/", () => alertsPage(alerts(), appUrl));
  app.get("/alerts.json", (context) => context.json({ alerts: alerts() }));
  app.get("/favicon.ico", (context) => context.body(null, 204));
  app.notFound((context) => context.text("no_service", 404));

  return {
    vendor: "oncall",
    app,
    describe: () => ({ counts: { alerts: store.list(ALERTS).length } }),
    seed() {},
    isApiPath: (path) => path === WEBHOOK_PATH,
    errorBody: (status) => ERRORS[status] ?? (status >= 500 ? "server_error" : "invalid_payload"),
  };
}

/** @returns undefined for what is no message at all, null for one without words */
function textOf(body: string): string | null | undefined {
  try {
    const message: unknown = JSON.parse(body);
    if (typeof message !== "object" || message === null || Array.isArray(message)) return undefined;
    const { text } = message as { text?: unknown };
    return typeof text === "string" && text.trim() !== "" ? text : null;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Plain words, not JSON. */
const ERRORS: Record<number, string> = {
  401: "invalid_token",
  403: "action_prohibited",
  404: "no_service",
  410: "channel_is_archived",
  429: "rate_limited",
  500: "rollup_error",
};
