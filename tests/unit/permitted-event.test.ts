/** Guards what may leave for Sentry: whatever an SDK collects, only what the list names comes out. */
import type { ErrorEvent } from "@sentry/nextjs";
import { expect, test } from "vitest";
import { permittedEvent } from "@/lib/integrations/monitoring/sentry/permitted-event";

const CANARY = "S3CRET ann@example.com";

/** Everything that Sentry's protocol has a place for, filled with what must not leave. */
const full: ErrorEvent = {
  type: undefined,
  event_id: "0123456789abcdef0123456789abcdef",
  timestamp: 1_790_000_000,
  platform: "javascript",
  level: "error",
  environment: "production",
  release: "c38dab4",
  server_name: CANARY,
  message: CANARY,
  logentry: { message: CANARY, params: [CANARY] },
  transaction: CANARY,
  request: {
    url: `https://app.example.com/reset-password?token=${CANARY}`,
    query_string: CANARY,
    cookies: { session: CANARY },
    headers: { authorization: CANARY },
    data: CANARY,
    env: { STRIPE_SECRET_KEY: CANARY },
  },
  breadcrumbs: [{ category: "console", message: CANARY, data: { arguments: [CANARY] } }],
  contexts: { state: { state: { type: "form", value: { email: CANARY } } }, device: { name: CANARY } },
  extra: { arguments: [CANARY] },
  user: { id: "user-1", email: CANARY, username: CANARY, ip_address: "203.0.113.7" },
  tags: { route: "/billing", operation: "billing.cancel", email: CANARY },
  modules: { [CANARY]: "1.0.0" },
  debug_meta: { images: [{ type: "sourcemap", code_file: "app:///_next/a.js", debug_id: "d-1" }] },
  exception: {
    values: [
      {
        type: CANARY,
        value: CANARY,
        mechanism: { type: "onerror", handled: false, data: { message: CANARY } },
        stacktrace: {
          frames: [
            {
              filename: `https://app.example.com/_next/a.js?token=${CANARY}`,
              function: "submit",
              lineno: 1,
              colno: 2,
              in_app: true,
              context_line: CANARY,
              pre_context: [CANARY],
              vars: { password: CANARY },
            },
          ],
        },
      },
      { type: "IntegrationError", value: "stripe checkout.create: timeout" },
    ],
  },
};

test("an event keeps what finds the cause, and nothing else", () => {
  expect(JSON.parse(JSON.stringify(permittedEvent(full)))).toEqual({
    event_id: "0123456789abcdef0123456789abcdef",
    timestamp: 1_790_000_000,
    platform: "javascript",
    level: "error",
    environment: "production",
    release: "c38dab4",
    user: { id: "user-1" },
    tags: { route: "/billing", operation: "billing.cancel" },
    debug_meta: { images: [{ type: "sourcemap", code_file: "app:///_next/a.js", debug_id: "d-1" }] },
    exception: {
      values: [
        {
          type: "Error",
          value: "",
          mechanism: { type: "onerror", handled: false },
          stacktrace: {
            frames: [
              {
                filename: "https://app.example.com/_next/a.js",
                function: "submit",
                lineno: 1,
                colno: 2,
                in_app: true,
              },
            ],
          },
        },
        { type: "IntegrationError", value: "stripe checkout.create: timeout" },
      ],
    },
  });
});

test("only an alert speaks in a message", () => {
  const alert = {
    ...full,
    tags: { cause: "circuit-opened:stripe:live:write" },
    message: "Payments are held back",
  };
  expect(permittedEvent(alert).message).toBe("Payments are held back");
  expect(permittedEvent(full).message).toBeUndefined();
});
