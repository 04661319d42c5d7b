/**
 * Guards what watches over the integrations by itself: an outage ends without a first visitor, a vendor that keeps
 * turning calls away is noticed, and what a process has seen is written down.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";

const backend = await startBackend();
const { alertsSettled } = await import("@/lib/alerts/raise-alert");
const { circuitBreakers, circuitStore } = await import("@/lib/compose");
const { db } = await import("@/lib/db/client");
const { sustainedThrottling } = await import("@/lib/db/throttling");
const { doDueWork } = await import("@/lib/do-due-work");
const { flushTelemetry } = await import("@/lib/flush-telemetry");
const { email } = await import("@/lib/integrations/email");
const { payments } = await import("@/lib/integrations/payments");
const { runMonitor, watchThrottling } = await import("@/lib/monitor/monitor");
const { startDueProbes } = await import("@/lib/monitor/probe-circuits");
const { enqueueMail } = await import("@/lib/outbox/enqueue");
const { withRequestContext } = await import("@/lib/request-context");

const CIRCUITS = ["stripe", "resend"].flatMap((provider) =>
  (["read", "write"] as const).map((effect) => ({ provider, mode: "sandbox", effect })),
);

// A store whose first connection takes its time is left out of the first calls' decisions.
beforeAll(() => circuitBreakers().flush());
afterEach(async () => {
  await backend.clearFaults();
  for (const circuit of CIRCUITS) await circuitStore().override(circuit, "reset");
  await Promise.all([flushTelemetry(), alertsSettled()]);
  for (const table of ["alert", "outbox_message", "integration_metric"])
    await backend.rows(`DELETE FROM ${table}`);
});
afterAll(() => backend.stop());

const mail = () => ({
  from: "Breakwater <hello@breakwater.example>",
  to: `${randomUUID()}@example.com`,
  subject: "A subject",
  html: "<p>Some words</p>",
  text: "Some words",
  category: "welcome" as const,
});

type CircuitName = "stripe/sandbox/read" | "stripe/sandbox/write" | "resend/sandbox/write";
const CALLS: Record<CircuitName, () => Promise<unknown>> = {
  "stripe/sandbox/read": () => payments().getSubscription("sub_of_nobody"),
  "stripe/sandbox/write": () =>
    payments().createPortal({ customerId: "cus_of_nobody", returnUrl: "http://localhost:3999/" }),
  "resend/sandbox/write": () => email().send(mail(), { idempotencyKey: randomUUID() }),
};

const stateOf = async (name: CircuitName) => (await circuitStore().read()).get(name)?.state.kind;
const callsTo = async (vendor: string) => (await backend.vendorCallCounts())[vendor] ?? 0;

/** Has a vendor fail until the circuit is open; the vendor stays broken. */
async function breakUntilOpen(name: CircuitName): Promise<void> {
  const [vendor] = name.split("/") as ["stripe" | "resend"];
  await backend.addFault({ vendor, kind: "status", status: 503 });
  await eventually(`${name} to open`, async () => {
    await expect(withRequestContext({ origin: "background" }, CALLS[name])).rejects.toThrow();
    return (await stateOf(name)) === "open";
  });
}

/** @param forSeconds by default as long as the monitor leaves a circuit of writes to writes, and some */
async function makeDue(forSeconds = 6): Promise<void> {
  await backend.rows(
    "UPDATE integration_circuit SET probe_at = now() - $1 * interval '1 second' WHERE state = 'OPEN'",
    [forSeconds],
  );
  // Which each process does once a second.
  await circuitBreakers().flush();
}

/** As every process's timer does, again and again. */
const closesByProbes = (name: CircuitName) =>
  eventually(`${name} to close`, async () => {
    await startDueProbes();
    return (await stateOf(name)) === "closed";
  });

describe("a circuit that is open", () => {
  test.each(Object.keys(CALLS) as CircuitName[])("closes without a visitor: %s", async (name) => {
    const [vendor] = name.split("/") as ["stripe" | "resend"];
    await breakUntilOpen(name);
    await backend.clearFaults();
    const before = await callsTo(vendor);
    // Not due yet: nobody asks.
    expect(await startDueProbes()).toEqual([]);
    expect(await callsTo(vendor)).toBe(before);

    await makeDue();
    // However often and by whomever it is started, one probe goes.
    await Promise.all([1, 2, 3, 4].map(() => closesByProbes(name)));
    expect(await callsTo(vendor)).toBe(before + 1);
    await circuitBreakers().flush();
    const answer = await CALLS[name]().catch((error: unknown) => error);
    expect(answer).not.toMatchObject({ kind: "circuit_open" });
  });

  test("of writes is left to a write for as long as one may come by itself; one of reads is not", async () => {
    await breakUntilOpen("resend/sandbox/write");
    await breakUntilOpen("stripe/sandbox/read");
    await backend.clearFaults();
    await makeDue(0);
    await closesByProbes("stripe/sandbox/read");
    expect(await stateOf("resend/sandbox/write")).toBe("open");
    await withRequestContext({ origin: "background" }, CALLS["resend/sandbox/write"]);
    await eventually("the mail to have closed it", async () => {
      return (await stateOf("resend/sandbox/write")) === "closed";
    });
  });

  test("of writes whose prober has died is left to a write as well, and then probed", async () => {
    await breakUntilOpen("stripe/sandbox/write");
    await backend.clearFaults();
    const died = (seconds: number) =>
      backend.rows(
        `UPDATE integration_circuit SET state = 'HALF_OPEN', probe_at = NULL, probe_owner = gen_random_uuid(),
                probe_lease_until = now() - $1 * interval '1 second' WHERE state <> 'CLOSED'`,
        [seconds],
      );
    await died(0);
    expect(await startDueProbes()).toEqual([]);
    await died(6);
    await circuitBreakers().flush();
    await closesByProbes("stripe/sandbox/write");
  });

  test("of writes is on trial after a probe: one more write that fails opens it", async () => {
    await breakUntilOpen("stripe/sandbox/write");
    await backend.clearFaults();
    await makeDue();
    await closesByProbes("stripe/sandbox/write");
    await circuitBreakers().flush();
    await backend.addFault({ vendor: "stripe", kind: "status", status: 503 });
    await expect(
      withRequestContext({ origin: "background" }, CALLS["stripe/sandbox/write"]),
    ).rejects.toThrow();
    await eventually("it to open", async () => (await stateOf("stripe/sandbox/write")) === "open");
  });

  test("stays open for another while when its vendor is still down, and the monitor goes on", async () => {
    await breakUntilOpen("stripe/sandbox/read");
    await makeDue();
    const before = await callsTo("stripe");
    await eventually("the probe to have failed", async () => {
      await runMonitor();
      const state = (await circuitStore().read()).get("stripe/sandbox/read")?.state;
      return state?.kind === "open" && state.probeAt !== null && state.probeAt > Date.now() + 20_000;
    });
    await runMonitor();
    expect(await callsTo("stripe")).toBe(before + 1);
  });

  test("is probed although another vendor takes its time over a probe", async () => {
    await breakUntilOpen("stripe/sandbox/read");
    await breakUntilOpen("resend/sandbox/write");
    await backend.clearFaults();
    await backend.addFault({ vendor: "stripe", kind: "latency", latencyMs: 4_000 });
    await makeDue();
    await closesByProbes("resend/sandbox/write");
    expect(await stateOf("stripe/sandbox/read")).toBe("half_open");
    await closesByProbes("stripe/sandbox/read");
  });

  test("by an operator's hand is left alone", async () => {
    await circuitStore().override({ provider: "stripe", mode: "sandbox", effect: "write" }, "open");
    expect(await startDueProbes()).toEqual([]);
  });
});

describe("throttling", () => {
  interface Minute {
    minutesAgo: number;
    outcome: string;
    count: number;
  }
  const minute = (minutesAgo: number, outcome: string, count: number): Minute => ({
    minutesAgo,
    outcome,
    count,
  });
  const insert = async (minutes: Minute[]) => {
    for (const { minutesAgo, outcome, count } of minutes) {
      await backend.rows(
        `INSERT INTO integration_metric (provider, mode, effect, resolution, at, outcome, is_retry, bucket, count)
         VALUES ('stripe', 'SANDBOX', 'READ', 'MINUTE', date_trunc('minute', now()) - $1 * interval '1 minute',
                 $2, false, 1, $3)`,
        [minutesAgo, outcome, count],
      );
    }
  };

  test.each<[string, Minute[]]>([
    [
      "a fifth of the calls",
      [minute(0, "rate_limited", 5), minute(1, "rate_limited", 5), minute(2, "ok", 40)],
    ],
    [
      "calls held back here",
      [minute(1, "rate_limited", 1), minute(1, "held:throttle", 5), minute(2, "held:throttle", 4)],
    ],
    [
      "calls, whatever else was held back",
      [minute(0, "rate_limited", 5), minute(1, "rate_limited", 5), minute(1, "held:circuit", 900)],
    ],
  ])("is sustained when it hits %s in two minutes", async (_name, minutes) => {
    await insert(minutes);
    expect(await sustainedThrottling()).toMatchObject([
      { provider: "stripe", mode: "sandbox", effect: "read", limited: 10 },
    ]);
  });

  test.each<[string, Minute[]]>([
    ["few calls", [minute(0, "rate_limited", 5), minute(1, "rate_limited", 4)]],
    [
      "a small part of many",
      [minute(0, "rate_limited", 5), minute(1, "rate_limited", 5), minute(1, "ok", 41)],
    ],
    ["one bad minute", [minute(1, "rate_limited", 500)]],
    ["what is long past", [minute(6, "rate_limited", 50), minute(7, "rate_limited", 50)]],
    ["failures of another kind", [minute(0, "unavailable", 50), minute(1, "unavailable", 50)]],
  ])("is not sustained by %s", async (_name, minutes) => {
    await insert(minutes);
    expect(await sustainedThrottling()).toEqual([]);
  });

  test("that is sustained raises a warning", async () => {
    await insert([minute(0, "rate_limited", 30), minute(1, "rate_limited", 30), minute(1, "ok", 60)]);
    await watchThrottling();
    expect(await alertsSettled()).toBe(true);
    expect(await backend.rows("SELECT cause, severity FROM alert")).toEqual([
      { cause: "throttled:stripe:sandbox:read", severity: "WARNING" },
    ]);
    const [message] = await backend.rows<{ payload: { text: string } }>("SELECT payload FROM outbox_message");
    expect(message?.payload.text).toContain(
      "Of the last five minutes' 120 reads at stripe (sandbox), its rate limit turned 60 away.",
    );
  });
});

describe("the work that a request leaves behind", () => {
  test("writes down what its vendor calls were like", async () => {
    await payments().getSubscription("sub_of_nobody");
    await doDueWork();
    const counted = await backend.rows<{ outcome: string; count: number }>(
      "SELECT effect, outcome, sum(count)::int AS count FROM integration_metric WHERE provider = 'stripe' GROUP BY effect, outcome",
    );
    expect(counted).toEqual([{ effect: "READ", outcome: expect.any(String), count: 1 }]);
  });

  test("tells an alert in the same run that has raised it", async () => {
    await backend.addFault({ vendor: "resend", kind: "status", status: 401 });
    await enqueueMail(db(), { businessKey: randomUUID(), mail: mail() });
    const before = (await backend.alerts()).length;
    expect(await doDueWork()).toMatchObject({ failed: 1 });
    const received = await backend.alerts();
    expect(received).toHaveLength(before + 1);
    expect(received[0]?.text).toContain("E-mail: resend (sandbox) rejects our key");
  });
});
