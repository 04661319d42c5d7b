/** What an alert says: what happened, what the app does meanwhile, what to do. For operators, so vendors are named. */
import type { ProviderName } from "@/lib/provider-scope";
import type { Effect } from "@/lib/resilience/call";
import { CIRCUIT_RULES } from "@/lib/resilience/circuit-state";
import type { Transition } from "@/lib/resilience/circuit-store";
import type { AttemptRecord, HeldBackRecord } from "@/lib/resilience/hooks";
import type { Alert } from "./alert";

interface Capability {
  name: string;
  /** What a person notices while such calls fail. */
  meanwhile: Record<Effect, string>;
}

const PAYMENTS: Capability = {
  name: "Payments",
  meanwhile: {
    read: "Changes made at the vendor arrive later; pages show what was last known, and paid access stays.",
    write: "New payments and plan changes are refused with a plain sentence; paid access stays.",
  },
};
const EMAIL: Capability = {
  name: "E-mail",
  meanwhile: {
    read: "Mails whose sending is uncertain are not looked up; they wait in the outbox.",
    write: "Mails go through the fallback where one is set, or wait in the outbox; none is lost.",
  },
};
const ON_CALL: Capability = {
  name: "On-call",
  meanwhile: {
    read: "Alerts are not affected.",
    write: "Alerts wait in the outbox; the console and error monitoring show them.",
  },
};
const CAPABILITIES: Readonly<Record<string, Capability>> = {
  stripe: PAYMENTS,
  resend: EMAIL,
  sendgrid: EMAIL,
  oncall: ON_CALL,
} satisfies Record<ProviderName, Capability>;
/** Hooks hand providers over as plain strings, and must not fail over one. */
const SOMETHING: Capability = {
  name: "Integration",
  meanwhile: { read: "What has to read there fails.", write: "What has to write there fails." },
};

interface At {
  provider: string;
  mode: string;
}

const capabilityOf = ({ provider }: At): Capability => CAPABILITIES[provider] ?? SOMETHING;

const named = ({ provider, mode }: At) => `${provider} (${mode})`;
const clockTime = (at: number) => `${new Date(at).toISOString().slice(11, 19)} UTC`;
const paragraphs = (...lines: string[]) => lines.join("\n");

export function credentialsRejected(record: Pick<AttemptRecord, "operation" | "status"> & At): Alert {
  const { provider, mode, operation, status } = record;
  const { name, meanwhile } = capabilityOf(record);
  const answer = status === null ? "" : ` with ${status}`;
  return {
    what: "credentials-rejected",
    severity: "critical",
    ...{ provider, mode },
    title: `${name}: ${named(record)} rejects our key`,
    text: paragraphs(
      `${named(record)} refused ${operation}${answer}: the key was revoked, or may not do this.`,
      `Until that is mended: ${meanwhile.write} ${meanwhile.read}`,
      "Compare the key's fingerprint on the console, set a valid key in the environment and deploy (docs/secrets.md).",
    ),
  };
}

/** @param now milliseconds since the epoch */
export function circuitOpened({ key, cause }: Pick<Transition, "key" | "cause">, now: number): Alert {
  const { provider, mode, effect } = key;
  const { name, meanwhile } = capabilityOf(key);
  const seconds = CIRCUIT_RULES.openMs / 1000;
  return {
    what: "circuit-opened",
    severity: effect === "write" ? "critical" : "warning",
    ...{ provider, mode, effect },
    title: `${name}: ${effect}s at ${named(key)} are held back`,
    text: paragraphs(
      `Too many ${effect}s at ${named(key)} failed, the last one as "${cause ?? "unknown"}", so they now fail at once ` +
        `until a probe passes: at ${clockTime(now + CIRCUIT_RULES.openMs)}, then every ${seconds} seconds.`,
      `Meanwhile: ${meanwhile[effect]}`,
      "Look at the vendor's own status page. If it has an incident, nothing needs doing: this ends by itself.",
    ),
  };
}

/** What a watch over the last minutes has counted. */
export interface Throttling extends At {
  effect: Effect;
  /** Calls that were turned away by the vendor's limit, there or already here. */
  limited: number;
  calls: number;
}

export function throttled(seen: Throttling): Alert {
  const { provider, mode, effect, limited, calls } = seen;
  const { name, meanwhile } = capabilityOf(seen);
  return {
    what: "throttled",
    severity: "warning",
    ...{ provider, mode, effect },
    title: `${name}: ${named(seen)} keeps asking us to slow down`,
    text: paragraphs(
      `Of the last five minutes' ${calls} ${effect}s at ${named(seen)}, its rate limit turned ${limited} away.`,
      `What is turned away may be late or fail: ${meanwhile[effect]}`,
      "Look for what calls so often, and ask the vendor for a higher limit if the calls are right.",
    ),
  };
}

export function retryBudgetExhausted(record: Pick<HeldBackRecord, "operation"> & At): Alert {
  const { provider, mode, operation } = record;
  return {
    what: "retry-budget-exhausted",
    severity: "warning",
    ...{ provider, mode },
    title: `${capabilityOf(record).name}: retries at ${named(record)} are used up`,
    text: paragraphs(
      `So many calls to ${named(record)} failed within a minute that none is tried again, ${operation} among them.`,
      "Each call is still made once, and background work comes again by itself; people see more failures than usual.",
      "The console shows which calls fail, and why. This ends when they fail less.",
    ),
  };
}
