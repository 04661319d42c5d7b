/** What is known of the circuits, in the shapes that the database's queries answer. */

interface Circuited {
  provider: string;
  mode: string;
  effect: "read" | "write";
}

type CircuitStateName = "closed" | "open" | "half_open";

/** A circuit as it is now; one that is not listed is closed. */
export interface CircuitFact extends Circuited {
  state: CircuitStateName;
  since: Date;
  /** Until when the vendor asked to be left alone; may have passed. */
  throttledUntil: Date | null;
}

/** One step of a circuit, from or to closed. */
export interface CircuitStep extends Circuited {
  from: CircuitStateName;
  to: CircuitStateName;
  at: Date;
}

/** What was last seen of a vendor. */
export interface SeenFact extends Circuited {
  lastSuccessAt: Date | null;
  /** `kind` of IntegrationError; `status` of HTTP. */
  lastFailure: { at: Date; kind: string; status: number | null } | null;
}

export interface Provider {
  provider: string;
  mode: string;
}

export interface StatusFacts {
  circuits: readonly CircuitFact[];
  /** Since the beginning of what is shown, oldest first. */
  steps: readonly CircuitStep[];
  /** Of each vendor that was called, reads and writes apart. */
  seen: readonly SeenFact[];
  providers: {
    payments: Provider;
    /** In the order in which they are tried. */
    email: readonly [Provider, ...Provider[]];
  };
  /** Since when circuits are kept in mind; null for not yet. */
  recordedSince: Date | null;
  now: Date;
}
