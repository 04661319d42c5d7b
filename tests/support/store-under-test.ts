/** A policy whose shared store can be made slow, silent or unreachable. */
import type { CircuitStore } from "@/lib/resilience/circuit-store";
import { createFakeClock } from "./fake-clock";
import { type Behaviour, policyUnderTest, READ } from "./policy-under-test";

type Condition = "answers" | "hangs" | "fails" | { answersAfterMs: number };

/** A store whose way there can be broken. */
export function storeUnderTest() {
  const clock = createFakeClock();
  const asked: { step: keyof CircuitStore; at: number }[] = [];
  let condition: Condition = "answers";

  function pass<T>(step: keyof CircuitStore, answer: () => Promise<T>): Promise<T> {
    asked.push({ step, at: clock.now() });
    if (condition === "fails") return Promise.reject(new Error("connection refused"));
    if (condition === "hangs") return new Promise(() => undefined);
    if (condition === "answers") return answer();
    const { answersAfterMs } = condition;
    return new Promise((resolve, reject) => {
      clock.after(answersAfterMs, () => answer().then(resolve, reject));
    });
  }

  const between = (store: CircuitStore): CircuitStore => ({
    read: () => pass("read", () => store.read()),
    record: (...input) => pass("record", () => store.record(...input)),
    acquireProbe: (...input) => pass("acquireProbe", () => store.acquireProbe(...input)),
    settleProbe: (...input) => pass("settleProbe", () => store.settleProbe(...input)),
    throttle: (...input) => pass("throttle", () => store.throttle(...input)),
    override: (...input) => pass("override", () => store.override(...input)),
  });
  const core = policyUnderTest({ clock, between, context: { origin: "background" } });
  return {
    ...core,
    asked: (step: keyof CircuitStore) => asked.filter((one) => one.step === step).map(({ at }) => at),
    touched: () => asked.length,
    becomes: (next: Condition) => {
      condition = next;
    },
    /** How long a call takes, whatever it ends with. */
    timed: async (behaviour: Behaviour) => {
      const begun = clock.now();
      let took = -1;
      const done = () => {
        took = clock.now() - begun;
      };
      core.call(READ, behaviour).then(done, done);
      for (let waited = 0; took < 0 && waited < 20_000; waited += 10)
        await clock.advance(waited === 0 ? 0 : 10);
      return took;
    },
  };
}
