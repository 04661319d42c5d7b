/** Makes the payments vendor's products and prices match lib/billing/plans.ts. Run again it changes nothing. */
import { PLANS } from "@/lib/billing/plans";
import { isAppError } from "@/lib/errors/app-error";
import { payments } from "@/lib/integrations/payments";
import { processSingleton } from "@/lib/process-singleton";
import { systemClock } from "@/lib/resilience/clock";
import { createMemoryCircuitStore } from "@/lib/resilience/memory-circuit-store";

// A person waits for the vendor's own answer: what the app's instances think of it is not asked, nor their database.
processSingleton("circuit-store", () => createMemoryCircuitStore(systemClock));

try {
  const { scope } = payments();
  const { created, unchanged } = await payments().pushCatalogue(Object.values(PLANS));
  console.log(
    `Prices at ${scope.provider} (${scope.mode}): ${created.length} created, ${unchanged.length} unchanged.`,
  );
  for (const key of created) console.log(`  + ${key}`);
} catch (error) {
  console.error(isAppError(error) ? `${error.message}\n${error.userMessage}` : error);
  process.exitCode = 1;
}
