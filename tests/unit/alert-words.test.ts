import { describe, expect, test } from "vitest";
import {
  circuitOpened,
  credentialsRejected,
  retryBudgetExhausted,
  throttled,
} from "@/lib/alerts/alert-words";
import type { ProviderName } from "@/lib/provider-scope";

const PROVIDERS: ProviderName[] = ["stripe", "resend", "sendgrid", "oncall"];
const EFFECTS = ["read", "write"] as const;
const NOON = Date.UTC(2026, 10, 22, 12);

const alertsOf = (provider: string) => {
  const at = { provider, mode: "live", operation: "thing.do" };
  return [
    credentialsRejected({ ...at, status: 401 }),
    retryBudgetExhausted(at),
    ...EFFECTS.flatMap((effect) => [
      circuitOpened({ key: { ...at, effect }, cause: "timeout" }, NOON),
      throttled({ ...at, effect, limited: 12, calls: 40 }),
    ]),
  ];
};

describe.each([...PROVIDERS, "somebody new"])("an alert about %s", (provider) => {
  test.each(alertsOf(provider).map((alert) => [alert.title, alert] as const))("%s", (_title, alert) => {
    // What happened, what the app does meanwhile, what to do: a sentence or two each, and the vendor by its name.
    const lines = alert.text.split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^[A-Za-z].{30,300}\.$|^[A-Z].+\)\.$/);
    expect(alert.title).toMatch(/^[A-Z][A-Za-z-]+: .{10,90}$/);
    expect(`${alert.title} ${alert.text}`).toContain(`${provider} (live)`);
    expect(alert.text).not.toMatch(/undefined|null|NaN|\[object/);
  });
});

describe("how loud an alert is", () => {
  test("depends on what people lose: a rejected key and held back writes are worth waking somebody", () => {
    const severities = alertsOf("stripe").map(({ what, effect, severity }) => [what, effect, severity]);
    expect(severities).toEqual([
      ["credentials-rejected", undefined, "critical"],
      ["retry-budget-exhausted", undefined, "warning"],
      ["circuit-opened", "read", "warning"],
      ["throttled", "read", "warning"],
      ["circuit-opened", "write", "critical"],
      ["throttled", "write", "warning"],
    ]);
  });
});

test("an opened circuit says when it is tried next", () => {
  const { text } = circuitOpened(
    { key: { provider: "resend", mode: "live", effect: "write" }, cause: "unavailable" },
    NOON,
  );
  expect(text).toContain('failed, the last one as "unavailable"');
  expect(text).toContain("at 12:00:30 UTC, then every 30 seconds");
});
