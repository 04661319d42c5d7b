/** What the policy tells of itself: to telemetry, to the log, to a tracer. Hooks are synchronous and never throw. */
import type { IntegrationError, IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { CallContext, Effect, Quota } from "./call";
import type { Transition } from "./circuit-store";

interface About {
  provider: string;
  mode: string;
  operation: string;
  effect: Effect;
  context: CallContext;
}

/** One attempt that reached for the vendor. */
export interface AttemptRecord extends About {
  /** From 1; above 1 it is a retry. */
  number: number;
  isProbe: boolean;
  /** Milliseconds. */
  durationMs: number;
  outcome: "ok" | IntegrationErrorKind;
  status: number | null;
  requestId: string | null;
  quota: Quota | null;
}

/** A call or a retry that was held back here and never reached the vendor. */
export interface HeldBackRecord extends About {
  by: "circuit" | "throttle" | "concurrency" | "budget" | "deadline";
  error: IntegrationError;
}

export interface PolicyHooks {
  onAttempt?(record: AttemptRecord): void;
  onHeldBack?(record: HeldBackRecord): void;
  onTransition?(transition: Transition): void;
  /** The shared store has stopped (false) or begun (true) to answer; being slower than a call would wait is neither. */
  onStore?(reachable: boolean): void;
  /** Wraps a whole call, so that a tracer can open a span around it. */
  around?<T>(about: About, run: () => Promise<T>): Promise<T>;
}

type Told = Pick<PolicyHooks, "onAttempt" | "onHeldBack" | "onTransition" | "onStore">;

/** Tells several listeners, in this order. */
export function tellAll(...listeners: readonly Told[]): Required<Told> {
  return {
    onAttempt: (record) => {
      for (const listener of listeners) listener.onAttempt?.(record);
    },
    onHeldBack: (record) => {
      for (const listener of listeners) listener.onHeldBack?.(record);
    },
    onTransition: (transition) => {
      for (const listener of listeners) listener.onTransition?.(transition);
    },
    onStore: (reachable) => {
      for (const listener of listeners) listener.onStore?.(reachable);
    },
  };
}
