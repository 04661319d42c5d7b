/** Guards the public status: true to the circuits, cheap for the database however many ask, and there when it is not. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";

const backend = await startBackend({ EMAIL_FALLBACK_PROVIDER: "sendgrid" });
const { GET } = await import("@/app/api/status/route");
const { circuitStore, telemetry } = await import("@/lib/compose");
const { serviceStatus } = await import("@/lib/db/service-status");
const { payments } = await import("@/lib/integrations/payments");

afterAll(() => backend.stop());
beforeEach(async () => {
  await backend.rows("DELETE FROM integration_circuit");
  await backend.rows("DELETE FROM integration_transition");
  await backend.rows("DELETE FROM integration_status");
});

interface Answer {
  status: string;
  capabilities: { id: string; name: string; status: string; since: string | null }[];
}

/** What is answered once what was read before is too old to be believed. */
function answered<T>(what: string, look: (answer: Answer, response: Response) => T | undefined | false) {
  return eventually(what, async () => {
    const response = await GET();
    return look((await response.json()) as Answer, response);
  });
}

const override = (provider: string, effect: "read" | "write", action: "open" | "close") =>
  circuitStore().override({ provider, mode: "sandbox", effect }, action);

const levelsOf = (answer: Answer) =>
  Object.fromEntries(answer.capabilities.map(({ id, status }) => [id, status]));

describe("the status", () => {
  test("follows the circuits, there and back", async () => {
    const well = {
      app: "operational",
      "sign-in": "operational",
      payments: "operational",
      email: "operational",
    };
    await answered("everything to work", (answer) => answer.status === "operational");
    await override("stripe", "write", "open");
    const down = await answered("payments to be down", (answer) => answer.status === "down" && answer);
    expect(levelsOf(down)).toEqual({ ...well, payments: "down" });
    const [row] = await backend.rows<{ at: Date }>(
      `SELECT at FROM integration_transition WHERE provider = 'stripe' AND "from" = 'CLOSED'`,
    );
    expect(down.capabilities.find(({ id }) => id === "payments")?.since).toBe(row?.at.toISOString());

    await override("stripe", "write", "close");
    await override("resend", "write", "open");
    const late = await answered("mail to be late", (answer) => answer.status === "degraded" && answer);
    expect(levelsOf(late)).toEqual({ ...well, email: "degraded" });
    await override("resend", "write", "close");
    const healed = await answered(
      "everything to work",
      (answer) => answer.status === "operational" && answer,
    );
    expect(levelsOf(healed)).toEqual(well);
  });

  test("knows of a key that is refused, of which no breaker tells", async () => {
    await backend.addFault({ vendor: "stripe", kind: "status", status: 401 });
    await expect(payments().listEventsPage({ since: new Date(), cursor: null })).rejects.toMatchObject({
      kind: "credentials_rejected",
    });
    await telemetry().flush();
    const refused = await answered("payments to be down", (answer) => answer.status === "down" && answer);
    expect(levelsOf(refused)).toMatchObject({ payments: "down", email: "operational" });
    await backend.clearFaults();
    await payments().listEventsPage({ since: new Date(), cursor: null });
    await telemetry().flush();
    await answered("everything to work", (answer) => answer.status === "operational");
  });

  test("says what is fixed and nothing more, and may be kept for a moment", async () => {
    await override("stripe", "read", "open");
    const { response, text } = await answered("payments to be limited", (answer, response) =>
      answer.status === "degraded" ? { response, text: JSON.stringify(answer) } : undefined,
    );
    expect(response.headers.get("cache-control")).toBe("public, max-age=2");
    expect(text).not.toMatch(/stripe|resend|sendgrid|sandbox|operator/i);
    const answer = JSON.parse(text) as Answer;
    expect(Object.keys(answer)).toEqual(["status", "capabilities"]);
    for (const capability of answer.capabilities) {
      expect(Object.keys(capability)).toEqual(["id", "name", "status", "since"]);
    }
  });

  test("is read once for a crowd", async () => {
    const crowd = await Promise.all(Array.from({ length: 500 }, serviceStatus));
    expect(crowd[0]).not.toBeNull();
    expect(new Set(crowd).size).toBe(1);
  });

  test("remembers the trouble of past days", async () => {
    await backend.rows(
      `INSERT INTO integration_transition (id, provider, mode, effect, "from", "to", cause, at)
       SELECT gen_random_uuid(), provider, mode::provider_mode, 'WRITE', source::circuit_state, target::circuit_state,
              NULL, date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '2 days' + after * interval '1 minute'
         FROM (VALUES ('stripe', 'SANDBOX', 'CLOSED', 'OPEN', 60), ('stripe', 'SANDBOX', 'OPEN', 'HALF_OPEN', 61),
                      ('stripe', 'SANDBOX', 'HALF_OPEN', 'OPEN', 62), ('stripe', 'SANDBOX', 'HALF_OPEN', 'CLOSED', 75),
                      ('stripe', 'LIVE', 'CLOSED', 'OPEN', 0)) AS step (provider, mode, source, target, after)`,
    );
    const days = await eventually("the days to be known", async () => {
      const status = await serviceStatus();
      const history = status?.capabilities.find(({ id }) => id === "payments")?.history ?? [];
      return (history.at(-3)?.minutes ?? 0) > 0 && history.slice(-3);
    });
    expect(days).toMatchObject([{ level: "down", minutes: 15 }, { minutes: 0 }, { minutes: 0 }]);
  });

  test("has a history from when calls were first counted", async () => {
    await backend.rows(
      `INSERT INTO integration_metric (provider, mode, effect, resolution, at, outcome, is_retry, bucket, count)
       VALUES ('stripe', 'SANDBOX', 'READ', 'HOUR', date_trunc('hour', now() - interval '3 days'), 'ok', false, 40, 1),
              ('stripe', 'LIVE', 'READ', 'HOUR', now() - interval '50 days', 'ok', false, 40, 1)`,
    );
    const history = await eventually("the days to be known", async () => {
      const status = await serviceStatus();
      const days = status?.capabilities.find(({ id }) => id === "payments")?.history ?? [];
      return days.at(-4)?.level === "operational" && days;
    });
    expect(history.at(-5)?.level).toBe("no_data");
    expect(history).toHaveLength(90);
  });
});

describe("a database that does not answer", () => {
  const cannotTell = (answer: Answer, response: Response) => response.status === 503 && { answer, response };

  test("leaves the status untold: 503, to be asked again", async () => {
    await backend.rows("ALTER TABLE integration_circuit RENAME TO integration_circuit_away");
    try {
      const { answer, response } = await answered("the status to be untold", cannotTell);
      expect(answer).toEqual({ status: "unknown", capabilities: [] });
      expect(response.headers.get("cache-control")).toBe("no-store");
    } finally {
      await backend.rows("ALTER TABLE integration_circuit_away RENAME TO integration_circuit");
    }
    await answered("everything to work", (answer) => answer.status === "operational");
  });

  test("keeps nobody waiting", async () => {
    const lock = await backend.connect();
    await lock.query("BEGIN; LOCK TABLE integration_circuit IN ACCESS EXCLUSIVE MODE");
    try {
      const longest = await eventually("the status to be untold", async () => {
        const startedAt = performance.now();
        const response = await GET();
        return response.status === 503 && performance.now() - startedAt;
      });
      expect(longest).toBeLessThan(1_500);
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: 50 }, GET));
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    } finally {
      await lock.query("ROLLBACK");
      lock.release();
    }
    await answered("everything to work", (answer) => answer.status === "operational");
  });
});
