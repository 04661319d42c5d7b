/** How the service is doing, and did. Pure, safe for the browser. */
import {
  CAPABILITIES,
  CAPABILITY_IDS,
  type CapabilityId,
  type CapabilityStatus,
  type ServiceLevel,
  worstOf,
} from "./capabilities";
import { type Day, dailyHistory, historyStart } from "./daily-history";
import type { StatusFacts } from "./facts";
import type { Interval } from "./intervals";
import { isThrottled, type Trouble, troubleOf } from "./trouble";

export interface CapabilityReport extends CapabilityStatus {
  /** Oldest first; null where no history is kept. */
  history: Day[] | null;
}

export interface ServiceStatus {
  /** When this was read, ISO 8601. */
  readAt: string;
  capabilities: CapabilityReport[];
}

const LEVELS: readonly ServiceLevel[] = ["operational", "degraded", "down"];

/** What `GET /api/status` answers. */
export interface StatusAnswer {
  /** The worst of the capabilities'. */
  status: ServiceLevel;
  capabilities: CapabilityStatus[];
}

function ongoing(intervals: readonly Interval[]): Interval | undefined {
  return intervals.find(({ to }) => to === Number.POSITIVE_INFINITY);
}

function lastEnd(intervals: readonly Interval[]): number | null {
  const ends = intervals.map(({ to }) => to).filter(Number.isFinite);
  return ends.length === 0 ? null : Math.max(...ends);
}

/** `since` is when the present level began, not when the trouble did. */
function levelNow(
  { degraded, down }: Trouble,
  throttled: boolean,
): { status: ServiceLevel; since: number | null } {
  const isDown = ongoing(down);
  if (isDown) return { status: "down", since: isDown.from };
  const isDegraded = ongoing(degraded);
  if (isDegraded) {
    return { status: "degraded", since: Math.max(isDegraded.from, lastEnd(down) ?? isDegraded.from) };
  }
  if (throttled) return { status: "degraded", since: null };
  return { status: "operational", since: lastEnd([...degraded, ...down]) };
}

function report(id: CapabilityId, facts: StatusFacts): CapabilityReport {
  const trouble = troubleOf(id, facts, historyStart(facts.now).getTime());
  const { status, since } = levelNow(trouble ?? { degraded: [], down: [] }, isThrottled(id, facts));
  return {
    id,
    name: CAPABILITIES[id].name,
    status,
    since: since === null ? null : new Date(since).toISOString(),
    history: trouble && dailyHistory(trouble, facts),
  };
}

export function serviceStatusFrom(facts: StatusFacts): ServiceStatus {
  return {
    readAt: facts.now.toISOString(),
    capabilities: CAPABILITY_IDS.map((id) => report(id, facts)),
  };
}

export function statusAnswer({ capabilities }: ServiceStatus): StatusAnswer {
  return {
    status: worstOf(capabilities.map(({ status }) => status)),
    capabilities: capabilities.map(({ id, name, status, since }) => ({ id, name, status, since })),
  };
}

/** The same as it comes over the wire; null for anything else. */
export function readStatusAnswer(answer: unknown): Pick<CapabilityStatus, "id" | "status">[] | null {
  if (typeof answer !== "object" || answer === null || !("capabilities" in answer)) return null;
  const { capabilities } = answer;
  if (!Array.isArray(capabilities)) return null;
  return CAPABILITY_IDS.flatMap((id) => {
    const found: unknown = capabilities.find((one) => one?.id === id);
    const status = LEVELS.find((level) => level === (found as { status?: unknown } | undefined)?.status);
    return status ? [{ id, status }] : [];
  });
}
