/** A circuit of reads behind a policy, and the calls that its tests make. */
import type { IntegrationErrorKind } from "@/lib/errors/integration-error";
import { CALL_LIMITS } from "@/lib/resilience/policy";
import { type Behaviour, circuitOf, outcomeOf, policyUnderTest, READ } from "./policy-under-test";

const SECOND = 1_000;
const reads = circuitOf("read");

/** Attempts that may take long. */
export const PATIENT = {
  ...CALL_LIMITS,
  background: { ...CALL_LIMITS.background, attemptMs: 120 * SECOND, overallMs: 120 * SECOND },
};

/** Background calls are attempted once, so that a call is an attempt. */
export function breakerUnderTest(limits = CALL_LIMITS) {
  const core = policyUnderTest({ context: { origin: "background" }, limits });
  return {
    ...core,
    state: () => core.store.peek(reads).state.kind,
    /** Makes reads one after the other and says how each ended. */
    calls: async (...behaviours: Behaviour[]) => {
      const endings: (string | IntegrationErrorKind)[] = [];
      for (const behaviour of behaviours) {
        const ending = core.call(READ, behaviour).catch((error) => error.kind as IntegrationErrorKind);
        await core.clock.advance(behaviour === "hangs" ? CALL_LIMITS.background.attemptMs : 0);
        endings.push(await ending);
      }
      return endings;
    },
    /** Starts a read that the vendor answers when the test says so. */
    pendingCall: () => {
      let settle: { resolve(value: string): void; reject(error: unknown): void } | null = null;
      const outcome = outcomeOf(
        core.policy(READ, () => new Promise<string>((resolve, reject) => (settle = { resolve, reject }))),
      );
      return {
        outcome,
        wasSent: () => settle !== null,
        end: async (behaviour: "ok" | Error) => {
          if (!settle) throw new Error("the call was not sent");
          if (behaviour === "ok") settle.resolve("answer");
          else settle.reject(behaviour);
          await core.clock.advance(0);
        },
      };
    },
  };
}

export const times = (count: number, behaviour: Behaviour): Behaviour[] => new Array(count).fill(behaviour);
