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
import { type Trouble, troubleOf } from "./trouble";
import { unrecordedLevel } from "./unrecorded-trouble";

export interface CapabilityReport extends CapabilityStatus {
  /** Oldest first; null where no history is kept. */
  history: Day[] | null;
}

export interface ServiceStatus {
  /** When this was read, ISO 8601. */
  readAt: string;
  capabilities: CapabilityReport[];
}

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
function recordedLevel({ degraded, down }: Trouble): { status: ServiceLevel; since: number | null } {
  const isDown = ongoing(down);
  if (isDown) return { status: "down", since: isDown.from };
  const isDegraded = ongoing(degraded);
  if (isDegraded) {
    return { status: "degraded", since: Math.max(isDegraded.from, lastEnd(down) ?? isDegraded.from) };
  }
  return { status: "operational", since: lastEnd([...degraded, ...down]) };
}

function report(id: CapabilityId, facts: StatusFacts): CapabilityReport {
  const trouble = troubleOf(id, facts, historyStart(facts.now).getTime());
  const recorded = recordedLevel(trouble ?? { degraded: [], down: [] });
  const status = worstOf([recorded.status, unrecordedLevel(id, facts)]);
  const since = status === recorded.status ? recorded.since : null;
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
