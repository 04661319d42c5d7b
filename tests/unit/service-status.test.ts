/** Guards what people are told of an outage: which circuit means what to whom, since when, and what the bars say. */
import { describe, expect, test } from "vitest";
import { type CAPABILITIES, noticeFor, worstOf } from "@/lib/status/capabilities";
import { HISTORY_DAYS } from "@/lib/status/daily-history";
import type { CircuitFact, CircuitStep, SeenFact, StatusFacts } from "@/lib/status/facts";
import { readStatusAnswer } from "@/lib/status/read-status-answer";
import { serviceStatusFrom, statusAnswer } from "@/lib/status/service-status";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const LONG_AGO = new Date("2026-01-01T00:00:00.000Z");

type Effect = "read" | "write";

const at = (iso: string) => new Date(iso);
const circuit = (provider: string, effect: Effect, changes: Partial<CircuitFact> = {}): CircuitFact => ({
  provider,
  mode: "live",
  effect,
  state: "open",
  since: at("2026-11-22T11:00:00.000Z"),
  throttledUntil: null,
  ...changes,
});
const step = (provider: string, effect: Effect, to: "open" | "closed", when: string): CircuitStep => ({
  provider,
  mode: "live",
  effect,
  from: to === "open" ? "closed" : "half_open",
  to,
  at: at(when),
});

function facts(changes: Partial<StatusFacts> & { fallback?: boolean } = {}): StatusFacts {
  const { fallback = false, ...rest } = changes;
  return {
    circuits: [],
    steps: [],
    seen: [],
    providers: {
      payments: { provider: "payer", mode: "live" },
      email: [
        { provider: "mailer", mode: "live" },
        ...(fallback ? [{ provider: "second", mode: "live" }] : []),
      ],
    },
    recordedSince: LONG_AGO,
    now: NOW,
    ...rest,
  };
}

function report(id: keyof typeof CAPABILITIES, given: StatusFacts) {
  const found = serviceStatusFrom(given).capabilities.find((one) => one.id === id);
  if (!found) throw new Error(`no report of ${id}`);
  return found;
}

const dayOf = (id: "payments" | "email", date: string, given: StatusFacts) =>
  report(id, given).history?.find((day) => day.date === date);

describe("payments", () => {
  test.each([
    ["writes are open", [circuit("payer", "write")], "down"],
    ["writes are probed", [circuit("payer", "write", { state: "half_open" })], "down"],
    ["writes and reads are open", [circuit("payer", "write"), circuit("payer", "read")], "down"],
    ["reads alone are open", [circuit("payer", "read")], "degraded"],
    [
      "the vendor asks to be left alone",
      [circuit("payer", "write", { state: "closed", throttledUntil: at("2026-11-22T12:00:05.000Z") })],
      "degraded",
    ],
    [
      "the vendor had asked to be left alone",
      [circuit("payer", "read", { state: "closed", throttledUntil: at("2026-11-22T11:59:59.000Z") })],
      "operational",
    ],
    ["the circuit of another mode is open", [circuit("payer", "write", { mode: "test" })], "operational"],
    ["the mail vendor's circuit is open", [circuit("mailer", "write")], "operational"],
    ["no circuit was ever anything but closed", [], "operational"],
  ] as const)("while %s", (_when, circuits, expected) => {
    expect(report("payments", facts({ circuits })).status).toBe(expected);
  });

  test("are down since they left closed, not since the last probe failed", () => {
    const given = facts({
      circuits: [circuit("payer", "write", { since: at("2026-11-22T11:59:50.000Z") })],
      steps: [step("payer", "write", "open", "2026-11-22T09:30:00.000Z")],
    });
    expect(report("payments", given)).toMatchObject({ status: "down", since: "2026-11-22T09:30:00.000Z" });
  });

  test("are degraded since writes came back while reads are still away", () => {
    const given = facts({
      circuits: [
        circuit("payer", "read"),
        circuit("payer", "write", { state: "closed", since: at("2026-11-22T10:00:00.000Z") }),
      ],
      steps: [
        step("payer", "read", "open", "2026-11-22T09:00:00.000Z"),
        step("payer", "write", "open", "2026-11-22T09:01:00.000Z"),
        step("payer", "write", "closed", "2026-11-22T10:00:00.000Z"),
      ],
    });
    expect(report("payments", given)).toMatchObject({
      status: "degraded",
      since: "2026-11-22T10:00:00.000Z",
    });
  });

  test("are operational since the last trouble ended", () => {
    const steps = [
      step("payer", "write", "open", "2026-11-20T10:00:00.000Z"),
      step("payer", "write", "closed", "2026-11-20T10:05:00.000Z"),
    ];
    expect(report("payments", facts({ steps }))).toMatchObject({
      status: "operational",
      since: "2026-11-20T10:05:00.000Z",
    });
  });
});

describe("e-mail", () => {
  const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
  const open = (provider: string, minutes: number) =>
    circuit(provider, "write", { since: minutesAgo(minutes) });

  test.each([
    ["a second provider takes over", true, [open("mailer", 120)], "degraded"],
    ["nobody takes over, for a while", false, [open("mailer", 29)], "degraded"],
    ["nobody takes over, for longer than people wait", false, [open("mailer", 31)], "down"],
    [
      "the second provider has just failed as well",
      true,
      [open("mailer", 120), open("second", 5)],
      "degraded",
    ],
    ["both have failed for long", true, [open("mailer", 120), open("second", 31)], "down"],
    ["only the second provider fails", true, [open("second", 120)], "operational"],
    ["only reads fail, of which it needs none", false, [circuit("mailer", "read")], "operational"],
  ] as const)("while %s", (_when, fallback, circuits, expected) => {
    expect(report("email", facts({ fallback, circuits })).status).toBe(expected);
  });

  test("is late, not down, however the first provider throttles", () => {
    const throttled = circuit("mailer", "write", { state: "closed", throttledUntil: minutesAgo(-60) });
    expect(report("email", facts({ circuits: [throttled] }))).toMatchObject({
      status: "degraded",
      since: null,
    });
  });
});

describe("a key that a vendor refuses", () => {
  const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
  interface Seen {
    effect?: Effect;
    status?: number;
    kind?: string;
    /** Minutes ago; null for never. */
    success?: number | null;
    failure?: number;
    mode?: string;
  }
  const seen = (provider: string, given: Seen = {}): SeenFact => {
    const { effect = "write", status = 401, kind = "credentials_rejected", mode = "live" } = given;
    const { success = 20, failure = 1 } = given;
    return {
      ...{ provider, mode, effect },
      lastSuccessAt: success === null ? null : minutesAgo(success),
      lastFailure: { at: minutesAgo(failure), kind, status },
    };
  };

  test.each([
    ["the last payment was refused", [seen("payer")], "down"],
    ["no payment ever succeeded", [seen("payer", { success: null })], "down"],
    ["the key may read and not write", [seen("payer", { status: 403 })], "down"],
    ["the key may write and not read", [seen("payer", { status: 403, effect: "read" })], "degraded"],
    ["the key as such was refused for a read", [seen("payer", { effect: "read" })], "down"],
    ["payments succeed again", [seen("payer", { success: 1, failure: 2 })], "operational"],
    [
      "reads succeed again with a key that was refused as such",
      [seen("payer"), seen("payer", { effect: "read", success: 0, failure: 2 })],
      "operational",
    ],
    [
      "reads succeed with a key that may not write",
      [seen("payer", { status: 403 }), seen("payer", { effect: "read", success: 0, failure: 2 })],
      "down",
    ],
    ["a payment was declined since", [seen("payer", { kind: "declined", status: 402 })], "operational"],
    ["the key of another mode is refused", [seen("payer", { mode: "test" })], "operational"],
    ["the mail vendor's key is refused", [seen("mailer")], "operational"],
    [
      "nobody has tried for a while, whom the notice may have kept",
      [seen("payer", { failure: 16 })],
      "operational",
    ],
  ] as const)("makes of payments, while %s", (_when, given, expected) => {
    expect(report("payments", facts({ seen: given })).status).toBe(expected);
  });

  const open = circuit("second", "write", { since: minutesAgo(31) });
  test.each([
    ["for less long than people wait", { seen: [seen("mailer")] }, "degraded"],
    ["for longer than people wait", { seen: [seen("mailer", { success: 40 })] }, "down"],
    [
      "and a second provider takes over",
      { fallback: true, seen: [seen("mailer", { success: 40 })] },
      "degraded",
    ],
    [
      "and the second one's too",
      { fallback: true, seen: [seen("mailer", { success: 40 }), seen("second", { success: 40 })] },
      "down",
    ],
    [
      "and the second one is away",
      { fallback: true, circuits: [open], seen: [seen("mailer", { success: 40 })] },
      "down",
    ],
    ["of the second one alone", { fallback: true, seen: [seen("second", { success: 40 })] }, "operational"],
  ] as const)("makes mail late or down: %s", (_when, given, expected) => {
    expect(report("email", facts(given)).status).toBe(expected);
  });

  test("is told without a time, and stands in no bar: nobody noted when it began", () => {
    const told = report("payments", facts({ seen: [seen("payer")] }));
    expect(told).toMatchObject({ status: "down", since: null });
    expect(told.history?.at(-1)).toMatchObject({ level: "operational", minutes: 0 });
  });

  test("leaves the time of a breaker that says the same", () => {
    const given = facts({ circuits: [circuit("payer", "write")], seen: [seen("payer")] });
    expect(report("payments", given)).toMatchObject({ status: "down", since: "2026-11-22T11:00:00.000Z" });
  });
});

describe("what no vendor serves", () => {
  test("works where it can be asked at all, and has no history to show", () => {
    const circuits = [circuit("payer", "write"), circuit("mailer", "write")];
    for (const id of ["app", "sign-in"] as const) {
      expect(report(id, facts({ circuits }))).toMatchObject({ status: "operational", history: null });
    }
  });
});

describe("the days", () => {
  test("are ninety, the oldest first, today last", () => {
    const history = report("payments", facts()).history ?? [];
    expect(history).toHaveLength(HISTORY_DAYS);
    expect([history[0]?.date, history.at(-1)?.date]).toEqual(["2026-08-25", "2026-11-22"]);
    expect(new Set(history.map(({ level }) => level))).toEqual(new Set(["operational"]));
  });

  test("say the worst of the day, and how long it was not all there", () => {
    const given = facts({
      steps: [
        step("payer", "read", "open", "2026-11-10T08:00:00.000Z"),
        step("payer", "write", "open", "2026-11-10T08:10:00.000Z"),
        step("payer", "write", "closed", "2026-11-10T08:20:00.000Z"),
        step("payer", "read", "closed", "2026-11-10T08:30:00.000Z"),
        step("payer", "read", "open", "2026-11-11T08:00:00.000Z"),
        step("payer", "read", "closed", "2026-11-11T08:00:30.000Z"),
      ],
    });
    expect(dayOf("payments", "2026-11-10", given)).toMatchObject({ level: "down", minutes: 30 });
    // Half a minute is not nothing.
    expect(dayOf("payments", "2026-11-11", given)).toMatchObject({ level: "degraded", minutes: 1 });
    expect(dayOf("payments", "2026-11-12", given)).toMatchObject({ level: "operational", minutes: 0 });
  });

  test("share what lasts over midnight", () => {
    const given = facts({
      steps: [
        step("payer", "write", "open", "2026-11-09T23:50:00.000Z"),
        step("payer", "write", "closed", "2026-11-11T00:05:00.000Z"),
      ],
    });
    expect(
      ["2026-11-09", "2026-11-10", "2026-11-11"].map((date) => dayOf("payments", date, given)?.minutes),
    ).toEqual([10, 24 * 60, 5]);
  });

  test("count what goes on until now, and what had begun before the first of them", () => {
    const goesOn = facts({
      circuits: [circuit("payer", "write")],
      steps: [step("payer", "write", "open", "2026-11-22T11:00:00.000Z")],
    });
    expect(dayOf("payments", "2026-11-22", goesOn)).toMatchObject({ level: "down", minutes: 60 });
    const began = facts({ steps: [step("payer", "write", "closed", "2026-08-25T00:30:00.000Z")] });
    expect(dayOf("payments", "2026-08-25", began)).toMatchObject({ level: "down", minutes: 30 });
  });

  test("have 24 hours where the clocks are put back, and where they are put on", () => {
    const wholeDays = ["2026-10-25", "2026-11-01"].map((date) => {
      const next = new Date(Date.parse(date) + 24 * 60 * 60 * 1000).toISOString();
      const given = facts({
        steps: [
          step("payer", "write", "open", `${date}T00:00:00.000Z`),
          step("payer", "write", "closed", next),
        ],
      });
      const history = report("payments", given).history ?? [];
      return history.filter(({ minutes }) => minutes > 0).map((day) => [day.date, day.minutes]);
    });
    expect(wholeDays).toEqual([[["2026-10-25", 1_440]], [["2026-11-01", 1_440]]]);
  });

  test("are not called good before anything was recorded", () => {
    const given = facts({ recordedSince: at("2026-11-20T18:00:00.000Z") });
    const levels = (report("payments", given).history ?? []).map(({ level }) => level);
    expect(levels.slice(0, -3).every((level) => level === "no_data")).toBe(true);
    expect(levels.slice(-3)).toEqual(["operational", "operational", "operational"]);
    const never = report("payments", facts({ recordedSince: null })).history ?? [];
    expect(new Set(never.map(({ level }) => level))).toEqual(new Set(["no_data"]));
  });

  test("call mail down only from when it was later than people wait", () => {
    const given = facts({
      steps: [
        step("mailer", "write", "open", "2026-11-09T23:45:00.000Z"),
        step("mailer", "write", "closed", "2026-11-10T00:45:00.000Z"),
      ],
    });
    expect(dayOf("email", "2026-11-09", given)).toMatchObject({ level: "degraded", minutes: 15 });
    expect(dayOf("email", "2026-11-10", given)).toMatchObject({ level: "down", minutes: 45 });
  });

  test("go by the state where steps and state were read a moment apart", () => {
    const missed = facts({
      circuits: [circuit("payer", "write", { since: at("2026-11-22T11:59:00.000Z") })],
      steps: [],
    });
    expect(dayOf("payments", "2026-11-22", missed)).toMatchObject({ level: "down", minutes: 1 });
    const healed = facts({
      circuits: [circuit("payer", "write", { state: "closed", since: at("2026-11-22T11:59:00.000Z") })],
      steps: [step("payer", "write", "open", "2026-11-22T11:58:00.000Z")],
    });
    expect(report("payments", healed).status).toBe("operational");
    expect(dayOf("payments", "2026-11-22", healed)).toMatchObject({ level: "down", minutes: 1 });
  });
});

describe("the answer", () => {
  const status = serviceStatusFrom(facts({ circuits: [circuit("payer", "write")] }));

  test("says four things of each capability, and the worst of all", () => {
    expect(statusAnswer(status)).toEqual({
      status: "down",
      capabilities: [
        { id: "app", name: "App", status: "operational", since: null },
        { id: "sign-in", name: "Sign-in", status: "operational", since: null },
        { id: "payments", name: "Payments", status: "down", since: "2026-11-22T11:00:00.000Z" },
        { id: "email", name: "E-mail", status: "operational", since: null },
      ],
    });
    expect(worstOf([])).toBe("operational");
  });

  test("is read again by the browser, and anything else is not", () => {
    const wire: unknown = JSON.parse(JSON.stringify(statusAnswer(status)));
    expect(readStatusAnswer(wire)).toContainEqual({ id: "payments", status: "down" });
    for (const other of [null, "ok", {}, { capabilities: "all" }]) {
      expect(readStatusAnswer(other)).toBeNull();
    }
    const strange = { capabilities: [null, { id: "payments", status: "on fire" }, { id: "teapot" }] };
    expect(readStatusAnswer(strange)).toEqual([]);
  });

  test("has a calm sentence for each trouble, and none for what works", () => {
    for (const id of ["payments", "email"] as const) {
      for (const level of ["degraded", "down"] as const) {
        expect(noticeFor({ id, status: level })).toMatch(/^[A-Z].*\.$/);
      }
      expect(noticeFor({ id, status: "operational" })).toBeNull();
    }
  });

  test("names no vendor and no mode", () => {
    expect(JSON.stringify(status)).not.toMatch(/payer|mailer|live/);
  });
});
