/** The pages that tell of integrations, in the states that an outage brings: well, broken, probing. */
import type { Page } from "playwright-core";
import type { Effect } from "@/lib/resilience/call";
import { withClient } from "@/scripts/stack/database-client";
import { seen } from "@/tests/support/journey";
import { breakerOn, openConsole, pressInChaos, showsState } from "@/tests/support/operator";
import { eventually } from "@/tests/support/poll";
import { letProbesBeDue } from "@/tests/support/stack-database";
import { stackUnderTest } from "@/tests/support/stack-under-test";

type Take = (page: Page, name: string, part?: "page" | "window") => Promise<void>;

interface People {
  /** Signed in, without a plan. */
  customer: Page;
  operator: Page;
  stranger: Page;
}

/** Leaves the payments vendor broken. */
export async function takeOutages(take: Take, people: People): Promise<void> {
  const { operator, stranger } = people;
  await inventHistory();
  await stranger.goto("/status");
  await take(stranger, "status");
  await openConsole(operator);
  await operator.getByRole("button", { name: "Make 20 calls" }).click();
  const writes = breakerOn(operator, "Payments", "Writes");
  await seen(writes.getByText("Time to an answer"));
  await take(operator, "console");
  await writes.getByRole("link", { name: "Hold open" }).click();
  await seen(operator.getByRole("alertdialog"));
  await take(operator, "console-hold-open", "window");
  await operator.keyboard.press("Escape");

  await takeWhileDown(take, people);
  // The probe hangs as well, so that it can be seen under way.
  await pressInChaos(operator, "Payments", "Hang");
  await letProbesBeDue();
  await showsState(writes, "Half-open");
  await take(operator, "console-half-open");
}

async function takeWhileDown(take: Take, { customer, operator, stranger }: People): Promise<void> {
  await pressInChaos(operator, "Payments", "Error (500)");
  // More than once: half of what was called within half a minute has to fail, and the calls before were answered.
  for (const effect of ["Writes", "Reads"] as const) {
    const open = breakerOn(operator, "Payments", effect).getByText("Open", { exact: true });
    await eventually(`the breaker for ${effect} to open`, async () => {
      await operator.getByRole("button", { name: "Make 20 calls" }).click();
      return open.waitFor({ timeout: 4_000 }).then(
        () => true,
        () => false,
      );
    });
  }
  await customer.goto("/billing");
  await customer.getByRole("button", { name: "Choose Pro" }).click();
  await seen(customer.getByText("You have not been charged."));
  await operator.getByRole("region", { name: "At a glance" }).getByRole("link", { name: "Payments" }).click();
  await take(operator, "console-open-payments", "window");
  await take(operator, "console-open");
  await take(customer, "checkout-while-down");
  await customer.goto("/dashboard");
  await take(customer, "banner");
  await stranger.goto("/status");
  await take(stranger, "status-down");
}

/** Outages of the last three months that never were. */
const OUTAGES: [provider: string, effect: Effect, daysAgo: number, minutes: number][] = [
  ["stripe", "write", 71, 26],
  ["resend", "write", 52, 190],
  ["stripe", "read", 33, 12],
  ["stripe", "write", 9, 4],
];

async function inventHistory(): Promise<void> {
  await withClient(stackUnderTest().database, async (client) => {
    for (const [provider, effect, daysAgo, minutes] of OUTAGES) {
      await client.query(
        `INSERT INTO integration_transition (id, provider, mode, effect, "from", "to", cause, at)
         SELECT gen_random_uuid(), $1, 'SANDBOX', $2::call_effect, "from"::circuit_state, "to"::circuit_state, cause,
                now() - $3 * interval '1 day' + after * interval '1 minute'
           FROM (VALUES ('CLOSED', 'OPEN', 'unavailable', 0), ('OPEN', 'CLOSED', NULL, $4::int))
             AS step ("from", "to", cause, after)`,
        [provider, effect.toUpperCase(), daysAgo, minutes],
      );
    }
    // Since when calls are counted, and with them what the bars can say.
    await client.query(
      `INSERT INTO integration_metric (provider, mode, effect, resolution, at, outcome, is_retry, bucket, count)
       SELECT provider, 'SANDBOX', 'READ', 'HOUR', date_trunc('hour', now() - interval '80 days'), 'ok', false, 20, 1
         FROM unnest(ARRAY['stripe', 'resend']) AS provider`,
    );
  });
}
