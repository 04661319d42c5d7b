/** A circuit that nobody has touched, in a store that is held to its contract. */
import { randomUUID } from "node:crypto";
import { beforeEach, expect } from "vitest";
import {
  CIRCUIT_RULES,
  type CircuitKey,
  type CircuitState,
  circuitName,
} from "@/lib/resilience/circuit-state";
import type { CircuitStore, Transition } from "@/lib/resilience/circuit-store";

export interface CircuitStoreUnderTest {
  /** As many processes as share the circuits. */
  stores: [CircuitStore, ...CircuitStore[]];
  /** The reader's clock. */
  now(): number;
  /** Lets so much time pass. */
  advance(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Between two looks at a real clock. */
export const MOMENT_MS = 5_000;

export type Get = () => CircuitStoreUnderTest;

/** A circuit that nobody has touched, anew for each test. */
export function freshCircuit(get: Get) {
  let key: CircuitKey;
  beforeEach(() => {
    key = { provider: `acme-${randomUUID()}`, mode: "test", effect: "write" };
  });
  const store = () => get().stores[0];
  return {
    get,
    store,
    key: () => key,
    record: (calls: number, failures: number, epoch = 0) =>
      store().record(key, { epoch, calls, failures, cause: failures > 0 ? "timeout" : null }),
    acquire: (owner: string = randomUUID()) =>
      store().acquireProbe(key, { owner, leaseMs: CIRCUIT_RULES.probeLeaseMs }),
    /** As another process reads it. */
    read: async () => {
      const circuit = (await (get().stores.at(-1) ?? store()).read()).get(circuitName(key));
      if (!circuit) throw new Error("nobody has written of this circuit");
      return circuit;
    },
    /** The same step by many at a time, from all processes. */
    race: <T>(times: number, attempt: (store: CircuitStore, index: number) => Promise<T>): Promise<T[]> => {
      const { stores } = get();
      return Promise.all(
        Array.from({ length: times }, (_, index) =>
          attempt(stores[index % stores.length] ?? stores[0], index),
        ),
      );
    },
    transition: (from: CircuitState["kind"], to: CircuitState["kind"], cause: Transition["cause"]) => ({
      ...{ key, from, to, cause },
    }),
  };
}

type Fresh = ReturnType<typeof freshCircuit>;

export function transitionsIn(outcomes: { transition: Transition | null }[]): Transition[] {
  return outcomes.flatMap(({ transition }) => transition ?? []);
}

/** Opened by failures, and its probe due. */
export async function openAndDue({ record, get }: Fresh): Promise<void> {
  await record(5, 5);
  await get().advance(CIRCUIT_RULES.openMs);
}

export function expectIn(fresh: Fresh, moment: number | null, milliseconds: number): void {
  const distanceMs = (moment ?? Number.NaN) - fresh.get().now();
  expect(distanceMs).toBeGreaterThan(milliseconds - MOMENT_MS);
  expect(distanceMs).toBeLessThanOrEqual(milliseconds + 1);
}
