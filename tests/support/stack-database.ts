/** What the tables of the stack under test say where no page does, and a fresh start for its breakers. */
import pg from "pg";
import { createPostgresCircuitStore } from "@/lib/db/circuit-store";
import type { Effect } from "@/lib/resilience/call";
import { withClient } from "@/scripts/stack/database-client";
import { eventually } from "./poll";
import { stackUnderTest } from "./stack-under-test";

const PROVIDERS = ["stripe", "resend", "sendgrid", "oncall"] as const;
type Provider = (typeof PROVIDERS)[number];

async function rows<T extends pg.QueryResultRow>(statement: string, values: unknown[] = []): Promise<T[]> {
  return withClient(
    stackUnderTest().database,
    async (client) => (await client.query<T>(statement, values)).rows,
  );
}

/**
 * Closes every breaker and forgets what was counted, so that one test's outage is not the next one's. The app knows of
 * it a second later, which is less than it takes a person to come to the page where it matters.
 */
export async function resetCircuits(): Promise<void> {
  const pool = new pg.Pool({ connectionString: stackUnderTest().database, max: 1 });
  try {
    const store = createPostgresCircuitStore(pool);
    for (const provider of PROVIDERS) {
      for (const effect of ["read", "write"] as const)
        await store.override({ provider, mode: "sandbox", effect }, "reset");
    }
  } finally {
    await pool.end();
  }
}

/** When the failures that the whole fleet has counted last opened a breaker, in milliseconds. */
export async function lastOpenedAt(provider: Provider, effect: Effect): Promise<number> {
  const [step] = await rows<{ at: Date }>(
    `SELECT at FROM integration_transition
      WHERE provider = $1 AND effect = $2::call_effect AND "to" = 'OPEN' ORDER BY at DESC LIMIT 1`,
    [provider, effect.toUpperCase()],
  );
  if (!step) throw new Error(`the breaker of ${provider} for ${effect} has never opened`);
  return step.at.getTime();
}

/** What was done by hand to a provider's breakers, oldest first: the action, and the address of whoever did it. */
export async function overridesOf(provider: Provider): Promise<{ action: string; by: string }[]> {
  return rows(
    `SELECT entry.action, person.email AS by FROM audit_log AS entry JOIN "user" AS person ON person.id = entry.actor_id
      WHERE entry.action LIKE 'circuit.%' AND entry.detail->>'provider' = $1 ORDER BY entry.created_at`,
    [provider],
  );
}

/** Lets the time pass after which a write that the vendor shows nothing of can no longer take effect. */
export async function passLastEffect(email: string): Promise<void> {
  await rows(
    `UPDATE operation SET created_at = operation.created_at - interval '90 seconds'
       FROM "user" AS person WHERE person.id = operation.user_id AND person.email = $1 AND operation.state = 'OPEN'`,
    [email],
  );
  // Whoever looks it up has an appointment by the clock.
  await rows("UPDATE webhook_event SET next_attempt_at = now() WHERE status = 'PENDING'");
}

/** Waits until no event and no message waits for anything: from then on nothing is asked of a vendor by itself. */
export function nothingWaits(): Promise<true> {
  return eventually("all work to be done", async () => {
    const [waiting] = await rows<{ count: string }>(
      // A look at an operation that is over by then will find nothing to do.
      `SELECT (SELECT count(*) FROM webhook_event WHERE status = 'PENDING' AND NOT (
                 type = 'breakwater.operation.settle' AND operation_id IN (SELECT id FROM operation WHERE state <> 'OPEN')))
            + (SELECT count(*) FROM outbox_message WHERE status = 'PENDING') AS count`,
    );
    return waiting?.count === "0";
  });
}

/** Lets the next probe of every open breaker be due now instead of after half a minute. */
export async function letProbesBeDue(): Promise<void> {
  await rows("UPDATE integration_circuit SET probe_at = now() WHERE state = 'OPEN' AND probe_at IS NOT NULL");
}

/** Makes every handled event of a type one that was given up, as an outage of three days would; says how many. */
export async function giveUpEvents(type: string): Promise<number> {
  const given = await rows(
    `UPDATE webhook_event SET status = 'DEAD', last_error = 'given up by a test', processed_at = NULL
      WHERE type = $1 AND status = 'DONE' RETURNING id`,
    [type],
  );
  return given.length;
}

/** How many events somebody has had handled again, as the audit log has it. */
export async function replaysNoted(email: string): Promise<number> {
  const [noted] = await rows<{ count: string }>(
    `SELECT count(*) FROM audit_log AS entry JOIN "user" AS person ON person.id = entry.actor_id
      WHERE entry.action = 'webhook.replayed' AND person.email = $1`,
    [email],
  );
  return Number(noted?.count ?? 0);
}
