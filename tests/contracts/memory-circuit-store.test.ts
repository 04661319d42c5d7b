import { createMemoryCircuitStore } from "@/lib/resilience/memory-circuit-store";
import { describeCircuitStore } from "./circuit-store.contract";

describeCircuitStore("memory", async () => {
  let now = Date.now();
  const clock = { now: () => now, after: () => () => undefined };
  return {
    stores: [createMemoryCircuitStore(clock)],
    now: clock.now,
    advance: async (milliseconds) => {
      now += milliseconds;
    },
    stop: async () => undefined,
  };
});
