import { describe, expect, test } from "vitest";
import type { Alert } from "@/lib/alerts/alert";
import { driftFound, eventWaits, messageWaits, pumpLate, webhooksMissing } from "@/lib/alerts/watch-words";

const AT = { provider: "stripe", mode: "live" };
const URL = "https://app.example.com/api/webhooks/stripe";
const WAITING = { ...AT, seconds: 16 * 60, attempts: 3, lastError: "timeout" };
const FOUND = { ...AT, seen: 1_200, drift: 3, doubted: 0 };

const ALERTS: Record<string, Alert> = {
  "a pump that is late": pumpLate({ mode: "live", dueSeconds: 700, lastRunSeconds: 640 }),
  "a pump that never ran": pumpLate({ mode: "live", dueSeconds: 700, lastRunSeconds: null }),
  "an event that waits": eventWaits({ ...WAITING, type: "invoice.paid" }),
  "a mail that waits": messageWaits({ ...WAITING, provider: "resend", what: "mail" }),
  "a command that waits": messageWaits({ ...WAITING, attempts: 0, lastError: null, what: "command" }),
  "webhooks that do not come": webhooksMissing({ ...AT, url: URL }),
  "missed events": driftFound({ ...FOUND, kind: "EVENTS" }),
  "subscriptions that differ": driftFound({ ...FOUND, kind: "SUBSCRIPTIONS" }),
  "customers that differ": driftFound({ ...FOUND, kind: "CUSTOMERS" }),
  "copies beyond belief": driftFound({ ...FOUND, kind: "SUBSCRIPTIONS", drift: 700, doubted: 690 }),
};

describe.each(Object.entries(ALERTS))("an alert of %s", (_what, alert) => {
  test("says what happened, what it means meanwhile, and what to do", () => {
    const lines = alert.text.split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^[A-Z0-9].{30,400}[.)?]$/);
    expect(alert.title).toMatch(/^[A-Z][A-Za-z-]+: .{10,90}$/);
    expect(alert.text).not.toMatch(/undefined|null|NaN|\[object/);
  });

  test("leads to the page that shows more", () => {
    expect(alert.path).toMatch(/^\/admin\/(webhooks|emails)$/);
  });
});

test("who must get up is told apart from who may look tomorrow", () => {
  const critical = Object.entries(ALERTS).flatMap(([name, { severity }]) =>
    severity === "critical" ? [name] : [],
  );
  expect(critical).toEqual([
    "a pump that is late",
    "a pump that never ran",
    "webhooks that do not come",
    "copies beyond belief",
  ]);
});

test("missing webhooks are asked after with all that can be wrong", () => {
  const { title, text } = webhooksMissing({ ...AT, url: URL });
  expect(title).toContain("Is the endpoint registered?");
  for (const word of [URL, "enabled", "event types", "API version", "signing secret", "docs/deploy.md"])
    expect(text).toContain(word);
});

test.each([
  [16 * 60, "16 minutes"],
  [119 * 60, "119 minutes"],
  [3 * 3_600, "3 hours"],
  [80 * 3_600, "3 days"],
])("%i seconds are said as %s", (seconds, words) => {
  expect(eventWaits({ ...WAITING, seconds, type: "invoice.paid" }).title).toContain(words);
});
