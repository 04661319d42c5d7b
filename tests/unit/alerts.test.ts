/** Guards that alerts cost the app nothing: neither a query for each failing call, nor a failure of their own. */
import { describe, expect, test } from "vitest";
import type { Alert } from "@/lib/alerts/alert";
import { createAlerts } from "@/lib/alerts/raise-alert";
import type { AlertSighting, Telling } from "@/lib/db/alerts";
import type { AlertReport } from "@/lib/integrations/monitoring/port";

const MINUTE_MS = 60_000;

const ALERT: Alert = {
  what: "retry-budget-exhausted",
  severity: "warning",
  provider: "stripe",
  mode: "test",
  title: "A title",
  text: "A text.",
};
const CAUSE = "retry-budget-exhausted:stripe:test";

/** @param answer of the database: told, known already, or out of reach */
function alertsOver(answer: () => Promise<Telling | null>) {
  const sightings: AlertSighting[] = [];
  const reports: AlertReport[] = [];
  const clock = { now: 0 };
  const alerts = createAlerts({
    note: (sighting) => {
      sightings.push(sighting);
      return answer();
    },
    capture: (report) => reports.push(report),
    now: () => clock.now,
  });
  return { ...alerts, sightings, reports, clock };
}

const told = async (): Promise<Telling> => ({ toldAt: new Date(), before: null });
const known = async () => null;
const outOfReach = () => Promise.reject(new Error("no connection"));

describe("a process", () => {
  test("asks the database once a minute about one cause, for all that it saw meanwhile", async () => {
    const { raise, settled, sightings, clock } = alertsOver(known);
    for (let n = 0; n < 1_000; n += 1) raise(ALERT);
    clock.now = MINUTE_MS - 1;
    raise(ALERT);
    expect(sightings.map(({ times }) => times)).toEqual([1]);
    clock.now = MINUTE_MS;
    raise(ALERT);
    raise({ ...ALERT, provider: "resend" });
    expect(sightings.map(({ cause, times }) => [cause, times])).toEqual([
      [CAUSE, 1],
      [CAUSE, 1_001],
      ["retry-budget-exhausted:resend:test", 1],
    ]);
    expect(await settled()).toBe(false);
  });

  test("tells monitoring of what it told, and of nothing that another process has told", async () => {
    const first = alertsOver(told);
    const second = alertsOver(known);
    for (const { raise, settled } of [first, second]) {
      raise(ALERT);
      await settled();
    }
    expect(first.reports).toEqual([{ severity: "warning", cause: CAUSE, title: "A title" }]);
    expect(second.reports).toEqual([]);
  });

  test("says once whether anything was told", async () => {
    const { raise, settled } = alertsOver(told);
    expect(await settled()).toBe(false);
    raise(ALERT);
    expect(await settled()).toBe(true);
    expect(await settled()).toBe(false);
  });

  test("tells monitoring by itself once an hour while the database is out of reach, and throws nothing", async () => {
    const { raise, settled, reports, sightings, clock } = alertsOver(outOfReach);
    for (; clock.now <= 60 * MINUTE_MS; clock.now += MINUTE_MS) {
      raise(ALERT);
      expect(await settled()).toBe(false);
      expect(reports).toHaveLength(clock.now < 60 * MINUTE_MS ? 1 : 2);
    }
    expect(sightings).toHaveLength(61);
  });
});
