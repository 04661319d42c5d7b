import { describe, expect, test } from "vitest";
import {
  formatAgo,
  formatLatency,
  formatShare,
  formatSpan,
  formatStep,
} from "@/app/(admin)/admin/_view/format";
import { calledProviders, capabilityViews } from "@/app/(admin)/admin/integrations/_view/capability-view";
import { chartSeries, everyStep } from "@/app/(admin)/admin/integrations/_view/chart-series";
import {
  type CircuitTimes,
  circuitReason,
  circuitWords,
  isCountingDown,
  nextStep,
} from "@/app/(admin)/admin/integrations/_view/circuit-words";
import {
  countByGroup,
  failuresByFrequency,
  kindWords,
} from "@/app/(admin)/admin/integrations/_view/outcome-words";
import { retryBudgetUse } from "@/app/(admin)/admin/integrations/_view/retry-budget";
import { testWords } from "@/app/(admin)/admin/integrations/_view/test-words";
import { timeRange } from "@/app/(admin)/admin/integrations/_view/time-range";
import type { MetricPoint, MetricSeries, MetricTotals } from "@/lib/db/call-metrics";
import type { CircuitView } from "@/lib/db/integration-health";
import type { Capability } from "@/lib/use-cases/operations/list-capabilities";

const NOW = Date.UTC(2026, 10, 22, 14, 3, 7);
const MINUTE = 60_000;
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1_000);

function circuit(overrides: Partial<CircuitTimes>): CircuitTimes {
  return {
    state: "closed",
    since: inSeconds(-90),
    cause: null,
    probeAt: null,
    probeLeaseUntil: null,
    throttledUntil: null,
    ...overrides,
  };
}

function totals(overrides: Partial<MetricTotals> = {}): MetricTotals {
  return {
    calls: 0,
    retries: 0,
    failures: {},
    heldBack: { circuit: 0, throttle: 0, concurrency: 0, budget: 0, deadline: 0 },
    p50Ms: null,
    p95Ms: null,
    p99Ms: null,
    ...overrides,
  };
}

const point = (minute: number, overrides: Partial<MetricTotals> = {}): MetricPoint => ({
  at: new Date(NOW + minute * MINUTE),
  ...totals(overrides),
});

const series = (points: MetricPoint[], sums: Partial<MetricTotals> = {}): MetricSeries => ({
  provider: "stripe",
  mode: "sandbox",
  effect: "read",
  points,
  totals: totals(sums),
});

describe("what a breaker does next", () => {
  const cases: [string, Partial<CircuitTimes> | null, string][] = [
    ["never anything but closed", null, "Calls go through."],
    ["closed", {}, "Calls go through."],
    ["throttled", { throttledUntil: inSeconds(20) }, "Calls wait: the provider asked for 20 s more."],
    ["no longer throttled", { throttledUntil: inSeconds(-1) }, "Calls go through."],
    [
      "open",
      { state: "open", cause: "timeout", probeAt: inSeconds(11.4) },
      "Calls fail at once. Probe in 12 s.",
    ],
    [
      "open and due",
      { state: "open", cause: "timeout", probeAt: inSeconds(-3) },
      "Calls fail at once. A probe is due.",
    ],
    [
      "held open by an operator",
      { state: "open", cause: "operator" },
      "Calls fail at once until an operator closes it.",
    ],
    [
      "half-open",
      { state: "half_open", cause: "timeout", probeLeaseUntil: inSeconds(9) },
      "One probe is under way; all others fail at once. Another one may go in 9 s.",
    ],
    [
      "half-open, its prober gone",
      { state: "half_open", cause: "timeout", probeLeaseUntil: inSeconds(-1) },
      "The probe was lost. Another one is due.",
    ],
  ];

  test.each(cases)("is said of one that is %s", (_name, given, words) => {
    expect(nextStep(given && circuit(given), NOW)).toBe(words);
  });

  test("counts down while time alone changes it, and not else", () => {
    expect(isCountingDown(null, NOW)).toBe(false);
    expect(isCountingDown(circuit({ throttledUntil: inSeconds(-1) }), NOW)).toBe(false);
    expect(isCountingDown(circuit({ throttledUntil: inSeconds(1) }), NOW)).toBe(true);
    expect(isCountingDown(circuit({ state: "open", probeAt: inSeconds(1) }), NOW)).toBe(true);
  });
});

describe("a breaker's state", () => {
  test("has a word and a tone of its own for each", () => {
    const words = [
      circuit({}),
      circuit({ throttledUntil: inSeconds(1) }),
      circuit({ state: "half_open", cause: "timeout" }),
      circuit({ state: "open", cause: "timeout" }),
      circuit({ state: "open", cause: "operator" }),
    ].map((given) => circuitWords(given, NOW));
    expect(words).toEqual([
      { label: "Closed", tone: "positive" },
      { label: "Throttled", tone: "warning" },
      { label: "Half-open", tone: "warning" },
      { label: "Open", tone: "critical" },
      { label: "Held open", tone: "critical" },
    ]);
  });

  test("says for how long and why, unless it is closed", () => {
    expect(circuitReason(null, NOW)).toBeNull();
    expect(circuitReason(circuit({}), NOW)).toBeNull();
    expect(circuitReason(circuit({ state: "open", cause: "timeout" }), NOW)).toBe(
      "Open for 1 min. Last failure: timed out.",
    );
    expect(circuitReason(circuit({ state: "open", cause: "operator" }), NOW)).toBe(
      "Held open for 1 min, by an operator.",
    );
  });
});

describe("outcomes", () => {
  const mixed = totals({
    calls: 20,
    retries: 3,
    failures: { timeout: 4, not_found: 2, rate_limited: 1, credentials_rejected: 1 },
    heldBack: { circuit: 5, throttle: 1, concurrency: 0, budget: 2, deadline: 1 },
  });

  test("are told apart by what they say of the provider", () => {
    expect(countByGroup(mixed)).toEqual({ answered: 12, refused: 2, throttled: 1, failed: 5, heldBack: 7 });
  });

  test("are listed by class, the most frequent first", () => {
    expect(failuresByFrequency(mixed)[0]).toEqual(["timeout", 4]);
    expect(kindWords("credentials_rejected")).toBe("Credentials rejected");
  });

  test("of a class that this release does not know keep its name", () => {
    expect(kindWords("teapot")).toBe("teapot");
  });
});

describe("the retry budget", () => {
  test("is a tenth of the calls and ten a minute, of reads and writes together", () => {
    // 90 first attempts allow 9 retries and 10 more.
    const reads = series([point(0, { calls: 55, retries: 5 })], { calls: 55, retries: 5 });
    const writes = series([point(0, { calls: 44, retries: 4 })], { calls: 44, retries: 4 });
    const use = retryBudgetUse([reads, writes], MINUTE);
    expect(use).toMatchObject({ calls: 99, retries: 9, refused: 0 });
    expect(use.peakUse).toBeCloseTo(9 / 19);
  });

  test("is shown for the minute that used most of it", () => {
    const quiet = point(0, { calls: 10 });
    const busy = point(1, { calls: 20, retries: 10 });
    expect(retryBudgetUse([series([quiet, busy])], MINUTE).peakUse).toBeCloseTo(10 / 11);
  });

  test("has a reserve for each minute of a longer step", () => {
    const step = point(0, { calls: 15, retries: 15 });
    expect(retryBudgetUse([series([step])], 15 * MINUTE).peakUse).toBeCloseTo(0.1);
  });

  test("counts what was refused, and nothing where nothing happened", () => {
    const heldBack = { circuit: 0, throttle: 0, concurrency: 0, budget: 7, deadline: 0 };
    expect(retryBudgetUse([series([], { heldBack })], MINUTE).refused).toBe(7);
    expect(retryBudgetUse([], MINUTE)).toEqual({ calls: 0, retries: 0, refused: 0, peakUse: 0 });
  });
});

describe("a chart's series", () => {
  const busy = point(1, { calls: 2, failures: { timeout: 1 }, p50Ms: 20, p95Ms: 900, p99Ms: 900 });
  const points = [point(0), busy, point(2)];

  test("carries only the steps in which something happened", () => {
    const chart = chartSeries({ points }, MINUTE);
    expect(chart?.points).toEqual([
      {
        at: NOW + MINUTE,
        ...{ answered: 1, refused: 0, throttled: 0, failed: 1, heldBack: 0 },
        ...{ p50: 20, p95: 900, p99: 900 },
      },
    ]);
  });

  test("is drawn with every step, so that its axis is time", () => {
    const chart = chartSeries({ points }, MINUTE);
    const drawn = chart && everyStep(chart);
    expect(drawn?.map(({ at, failed, p50 }) => [at - NOW, failed, p50])).toEqual([
      [0, 0, null],
      [MINUTE, 1, 20],
      [2 * MINUTE, 0, null],
    ]);
  });

  test("shows a step in which everything was held back", () => {
    const heldBack = { circuit: 3, throttle: 0, concurrency: 0, budget: 0, deadline: 0 };
    expect(chartSeries({ points: [point(0, { heldBack })] }, MINUTE)?.points).toHaveLength(1);
  });

  test("is none where nothing happened", () => {
    expect(chartSeries({ points: [point(0), point(1)] }, MINUTE)).toBeNull();
  });
});

describe("capabilities", () => {
  const stripe: Capability = {
    id: "payments",
    configuration: { provider: "stripe", mode: "sandbox", keyFingerprint: null, apiVersion: null },
    effects: ["read", "write"],
  };
  const signIn: Capability = {
    id: "sign-in",
    configuration: { provider: "better-auth", mode: null, keyFingerprint: null, apiVersion: null },
    effects: [],
  };
  const missing: Capability = { id: "email-fallback", configuration: null, effects: ["read", "write"] };
  const nothing = { circuits: [], statuses: [], series: [], webhooks: [] };
  const key = { provider: "stripe", mode: "sandbox", effect: "write" } as const;
  const open: CircuitView = { ...key, ...circuit({ state: "open" }) };

  test("get the rows of their own provider and mode", () => {
    const live: CircuitView = { ...open, mode: "live", state: "half_open" };
    const [view] = capabilityViews([stripe], { ...nothing, circuits: [live, open] });
    expect(view?.breakers.map(({ effect, circuit: known }) => [effect, known?.state])).toEqual([
      ["read", undefined],
      ["write", "open"],
    ]);
  });

  test("have no breakers where nobody is set up or no vendor is called", () => {
    const views = capabilityViews([signIn, missing], nothing);
    expect(views.map(({ breakers }) => breakers)).toEqual([[], []]);
    expect(calledProviders([stripe, signIn, missing])).toEqual([{ provider: "stripe", mode: "sandbox" }]);
  });

  test("know whether a webhook came, is awaited, or never comes", () => {
    const at = inSeconds(-5);
    const views = capabilityViews([stripe, missing, signIn], {
      ...nothing,
      webhooks: [{ provider: "stripe", at }],
    });
    expect(views.map(({ lastWebhookAt }) => lastWebhookAt)).toEqual([at, null, undefined]);
  });
});

describe("figures", () => {
  test("are spans of one unit, rounded down", () => {
    expect([-5, 999, 59_999, 60_000, 3_600_000, 47 * 3_600_000, 48 * 3_600_000].map(formatSpan)).toEqual([
      "0 s",
      "0 s",
      "59 s",
      "1 min",
      "1 h",
      "47 h",
      "2 days",
    ]);
    expect(formatAgo(inSeconds(0.5), NOW)).toBe("now");
    expect(formatAgo(inSeconds(-12), NOW)).toBe("12 s ago");
  });

  test("stand at a time of day, or at a day where they are of whole days", () => {
    expect([formatStep(NOW, 15 * MINUTE), formatStep(NOW, 24 * 60 * MINUTE)]).toEqual(["14:03", "Nov 22"]);
  });

  test("are latencies with as many digits as they are exact", () => {
    expect([null, 0, 8.44, 839.6, 1_240].map(formatLatency)).toEqual([
      "–",
      "0 ms",
      "8.4 ms",
      "840 ms",
      "1.24 s",
    ]);
  });

  test("never show something as nothing", () => {
    expect([
      formatShare(0, 10),
      formatShare(1, 10_000),
      formatShare(1, 30),
      formatShare(1, 3),
      formatShare(3, 0),
    ]).toEqual(["0 %", "< 0.1 %", "3.3 %", "33 %", "0 %"]);
  });

  test("are of the last hour unless more is asked for", () => {
    const asked = ["day", "90-days", "hour", "week", undefined, ["day"]];
    expect(asked.map((key) => timeRange(key).key)).toEqual([
      "day",
      "90-days",
      "hour",
      "hour",
      "hour",
      "hour",
    ]);
  });
});

describe("a test's outcome", () => {
  test("names the class of a failure and what the provider's support asks for", () => {
    const failed = { kind: "failed", failure: "unavailable", durationMs: 250 } as const;
    expect(testWords({ ...failed, status: 500, requestId: "req_1" })).toEqual({
      tone: "critical",
      text: "Unavailable after 250 ms (HTTP 500, request req_1).",
    });
    expect(testWords({ ...failed, status: null, requestId: null }).text).toBe("Unavailable after 250 ms.");
  });

  test("is no success where it only waits to go out", () => {
    expect(testWords({ kind: "answered", durationMs: 40 }).tone).toBe("positive");
    expect(testWords({ kind: "queued" }).tone).toBe("neutral");
    expect(testWords({ kind: "reported" }).tone).toBe("neutral");
  });
});
