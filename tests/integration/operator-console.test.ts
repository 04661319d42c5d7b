/** Guards what operators do by hand and what they are shown: breakers, tests, traffic, the desk, and the chaos panel's reach. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { newViewer, startBackend } from "@/tests/support/backend";
import { resetCircuits } from "@/tests/support/circuits";
import { eventually } from "@/tests/support/poll";

const backend = await startBackend({ EMAIL_FALLBACK_PROVIDER: "sendgrid" });
process.env.SANDBOX_CONTROL_URL = backend.urls.control;
const { payments } = await import("@/lib/integrations/payments");
const { circuitBreakers } = await import("@/lib/compose");
const { listCircuits } = await import("@/lib/db/integration-health");
const { getOperatorDesk } = await import("@/lib/db/operator-desk");
const { breakProvider, healProvider, listFaults } = await import("@/lib/sandbox-control");
const { logger } = await import("@/lib/logger");
const { listCapabilities } = await import("@/lib/use-cases/operations/list-capabilities");
const { makeTraffic } = await import("@/lib/use-cases/operations/make-traffic");
const { overrideCircuit } = await import("@/lib/use-cases/operations/override-circuit");
const { testIntegration } = await import("@/lib/use-cases/operations/test-integration");
const { pump } = await import("@/lib/webhooks/process");

afterEach(async () => {
  await backend.clearFaults();
  await resetCircuits();
});
afterAll(() => backend.stop());

const operator = await newViewer();

interface AuditRow {
  action: string;
  detail: Record<string, unknown>;
}

/** What this test's operator did, the newest first. */
async function audited(actorId: string): Promise<AuditRow[]> {
  return backend.rows<AuditRow>(
    "SELECT action, detail FROM audit_log WHERE actor_id = $1 AND workspace_id IS NULL ORDER BY id DESC",
    [actorId],
  );
}

const stripeCircuits = () => listCircuits([{ provider: "stripe", mode: "sandbox" }]);

/** The state of payments' breaker as the console reads it. */
async function stateOf(effect: "read" | "write") {
  return (await stripeCircuits()).find((circuit) => circuit.effect === effect);
}

const readSomething = () => payments().hasCustomer("cus_none");

describe("an operator's hand on a breaker", () => {
  test("holds it open until it is closed, for every call, and is noted each time", async () => {
    const viewer = await newViewer();
    const reads = { viewer, provider: "stripe", effect: "read" } as const;
    await overrideCircuit({ ...reads, override: "open" });
    await circuitBreakers().flush();
    expect(await stateOf("read")).toMatchObject({ state: "open", cause: "operator", probeAt: null });
    await expect(readSomething()).rejects.toMatchObject({ kind: "circuit_open" });

    await overrideCircuit({ ...reads, override: "close" });
    await circuitBreakers().flush();
    expect(await stateOf("read")).toMatchObject({ state: "closed" });
    expect(await readSomething()).toBe(false);

    await overrideCircuit({ ...reads, override: "reset" });
    const detail = { provider: "stripe", mode: "sandbox", effect: "read" };
    expect(await audited(viewer.userId)).toEqual([
      { action: "circuit.reset", detail },
      { action: "circuit.closed", detail },
      { action: "circuit.opened", detail },
    ]);
  });

  test("stands in the log like any other step", async () => {
    const warn = vi.spyOn(logger, "warn");
    try {
      await overrideCircuit({ viewer: operator, provider: "stripe", effect: "write", override: "open" });
      const step = { provider: "stripe", mode: "sandbox", effect: "write", from: "closed", to: "open" };
      expect(warn).toHaveBeenCalledWith({ ...step, cause: "operator" }, "circuit changed");
    } finally {
      warn.mockRestore();
    }
  });

  test("ends the wait that a provider asked for when it resets, and not when it closes", async () => {
    const reads = { viewer: operator, provider: "stripe", effect: "read" } as const;
    await backend.addFault({ vendor: "stripe", kind: "status", status: 429, retryAfterSeconds: 60 });
    await expect(readSomething()).rejects.toMatchObject({ kind: "rate_limited" });
    await eventually("the throttle", async () => (await stateOf("read"))?.throttledUntil != null);
    await overrideCircuit({ ...reads, override: "close" });
    expect((await stateOf("read"))?.throttledUntil).not.toBeNull();
    await overrideCircuit({ ...reads, override: "reset" });
    expect((await stateOf("read"))?.throttledUntil).toBeNull();
  });

  test("reaches only providers that are in use, and notes nothing of others", async () => {
    const viewer = await newViewer();
    await expect(
      overrideCircuit({ viewer, provider: "postbox", effect: "write", override: "open" }),
    ).rejects.toMatchObject({ code: "not_found" });
    expect(await audited(viewer.userId)).toEqual([]);
  });

  test("notes nothing that was not done", async () => {
    const viewer = await newViewer();
    await backend.rows("ALTER TABLE integration_circuit RENAME TO integration_circuit_away");
    try {
      await expect(
        overrideCircuit({ viewer, provider: "stripe", effect: "write", override: "open" }),
      ).rejects.toThrow();
    } finally {
      await backend.rows("ALTER TABLE integration_circuit_away RENAME TO integration_circuit");
    }
    expect(await audited(viewer.userId)).toEqual([]);
  });
});

describe("an operator's hand on a breaker that cannot be noted", () => {
  test("moves nothing, also where the note fails at the very end", async () => {
    await backend.rows(
      `CREATE FUNCTION refuse_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no note'; END $$`,
    );
    await backend.rows(
      `CREATE CONSTRAINT TRIGGER refuse_note AFTER INSERT ON audit_log DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION refuse_note()`,
    );
    const steps = () => backend.rows("SELECT id FROM integration_transition");
    const before = await steps();
    try {
      await expect(
        overrideCircuit({ viewer: operator, provider: "stripe", effect: "write", override: "open" }),
      ).rejects.toThrow();
    } finally {
      await backend.rows("DROP TRIGGER refuse_note ON audit_log");
      await backend.rows("DROP FUNCTION refuse_note");
    }
    expect((await stateOf("write"))?.state ?? "closed").toBe("closed");
    expect(await steps()).toEqual(before);
  });
});

describe("a test by hand", () => {
  test("of payments asks the provider once and says how long that took", async () => {
    const viewer = await newViewer();
    const before = (await backend.vendorCallCounts()).stripe ?? 0;
    expect(await testIntegration({ viewer, capability: "payments" })).toEqual({
      kind: "answered",
      durationMs: expect.any(Number),
    });
    expect((await backend.vendorCallCounts()).stripe).toBe(before + 1);
    expect(await audited(viewer.userId)).toMatchObject([
      { action: "integration.tested", detail: { capability: "payments", kind: "answered" } },
    ]);
  });

  test("of payments that fails names the class, and is noted as well", async () => {
    const viewer = await newViewer();
    await backend.addFault({ vendor: "stripe", kind: "status", status: 401 });
    expect(await testIntegration({ viewer, capability: "payments" })).toMatchObject({
      kind: "failed",
      failure: "credentials_rejected",
      status: 401,
    });
    expect(await audited(viewer.userId)).toMatchObject([
      { detail: { kind: "failed", failure: "credentials_rejected" } },
    ]);
  });

  test("of e-mail sends one mail to the operator's own address", async () => {
    const viewer = await newViewer();
    expect(await testIntegration({ viewer, capability: "email" })).toEqual({ kind: "queued" });
    await pump.run();
    const mails = await backend.mails(viewer.email);
    expect(mails.filter(({ subject }) => subject === "A test from the operator console")).toHaveLength(1);
    expect(await audited(viewer.userId)).toMatchObject([{ detail: { capability: "email", kind: "queued" } }]);
  });

  test("of on-call tells whoever is on call", async () => {
    const before = (await backend.alerts()).length;
    expect(await testIntegration({ viewer: operator, capability: "on-call" })).toEqual({ kind: "queued" });
    await pump.run();
    expect(await backend.alerts()).toHaveLength(before + 1);
  });
});

describe("traffic from the chaos panel", () => {
  test("opens both of payments' breakers when they are broken, and changes nothing at the provider", async () => {
    const effects = (await backend.vendorEffects()).stripe;
    await breakProvider("stripe", "error");
    await makeTraffic({ viewer: operator, capability: "payments" });
    const states = await eventually("both breakers to open", async () => {
      const circuits = await stripeCircuits();
      return circuits.filter(({ state }) => state === "open").length === 2 && circuits;
    });
    expect(states.map(({ cause }) => cause)).toEqual(["unavailable", "unavailable"]);
    expect((await backend.vendorEffects()).stripe).toEqual(effects);
  });

  test("leaves the breakers of a healthy provider closed", async () => {
    await makeTraffic({ viewer: operator, capability: "payments" });
    await circuitBreakers().flush();
    expect((await stripeCircuits()).filter(({ state }) => state !== "closed")).toEqual([]);
  });
});

describe("the chaos panel", () => {
  test("puts one fault in the place of another, and mends one provider without the others", async () => {
    await breakProvider("stripe", "hang");
    await breakProvider("stripe", "throttled");
    await breakProvider("oncall", "refused");
    const faults = async () => (await listFaults()).map(({ vendor, kind, status }) => [vendor, kind, status]);
    expect(await faults()).toEqual([
      ["stripe", "status", 429],
      ["oncall", "refused", null],
    ]);
    await healProvider("stripe");
    expect(await faults()).toEqual([["oncall", "refused", null]]);
  });
});

describe("what an operator is shown", () => {
  test("names who serves what, by a fingerprint and never by the key", () => {
    const capabilities = listCapabilities();
    expect(capabilities.map(({ id, configuration }) => [id, configuration?.provider])).toEqual([
      ["payments", "stripe"],
      ["email", "resend"],
      ["email-fallback", "sendgrid"],
      ["on-call", "oncall"],
      ["sign-in", "better-auth"],
      ["monitoring", undefined],
    ]);
    const said = JSON.stringify(capabilities);
    for (const secret of ["sk_test_sandbox", "re_sandbox", "SG.sandbox", backend.oncallWebhookUrl]) {
      expect(said).not.toContain(secret);
    }
  });

  test("is what waits, since when, and not what belongs to another mode", async () => {
    await backend.rows("DELETE FROM webhook_event");
    await backend.rows("DELETE FROM outbox_message");
    const insert = (mode: string, status: string, minutes: number, provider = "stripe") =>
      backend.rows(
        `INSERT INTO webhook_event (id, provider, external_id, type, mode, payload, status, occurred_at, received_at)
         VALUES (gen_random_uuid(), $1, $2, 'a.type', $3::provider_mode, '{}', $4::webhook_event_status, now(),
                 now() - $5 * interval '1 minute')`,
        [provider, randomUUID(), mode, status, minutes],
      );
    await insert("SANDBOX", "PENDING", 3);
    await insert("SANDBOX", "PENDING", 7);
    await insert("LIVE", "PENDING", 90);
    await insert("SANDBOX", "DONE", 1);
    await insert("SANDBOX", "DONE", 60 * 24 * 40, "resend");

    const desk = await getOperatorDesk(["stripe", "resend", "sendgrid"]);
    expect(desk.events.count).toBe(2);
    expect(Date.now() - (desk.events.oldestAt?.getTime() ?? 0)).toBeGreaterThanOrEqual(7 * 60_000);
    expect(desk.mails).toEqual({ count: 0, oldestAt: null });
    // Of resend nothing came for more than a month, of sendgrid nothing ever.
    expect(desk.lastWebhooks.map(({ provider }) => provider)).toEqual(["stripe"]);
    expect(Date.now() - (desk.lastWebhooks[0]?.at.getTime() ?? 0)).toBeLessThan(2 * 60_000);
  });

  test("is the latest alerts first, and no more than fit", async () => {
    await backend.rows("DELETE FROM alert");
    await backend.rows(
      `INSERT INTO alert (cause, severity, summary, told_at, last_seen_at, seen)
       SELECT 'cause-' || n, 'CRITICAL', 'Something ' || n, now() - interval '1 hour', now() - n * interval '1 minute', n
         FROM generate_series(1, 12) AS n`,
    );
    const { alerts } = await getOperatorDesk([]);
    expect(alerts).toHaveLength(10);
    expect(alerts[0]).toMatchObject({
      cause: "cause-1",
      severity: "critical",
      summary: "Something 1",
      seen: 1,
    });
  });
});
