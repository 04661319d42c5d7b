/** The circuits that a test's backend shares with nobody; modules of the app are imported after `startBackend`. */

const PROVIDERS = ["stripe", "resend", "sendgrid", "oncall"] as const;
type Provider = (typeof PROVIDERS)[number];

/** Forgets all that was seen of the vendors, so that one test's outage is not the next one's. */
export async function resetCircuits(): Promise<void> {
  const { circuitBreakers, circuitStore } = await import("@/lib/compose");
  for (const provider of PROVIDERS) {
    for (const effect of ["read", "write"] as const)
      await circuitStore().override({ provider, mode: "sandbox", effect }, "reset");
  }
  await circuitBreakers().flush();
}

/** As an outage of 5 failed calls leaves it: open for half a minute. */
export async function openCircuit(provider: Provider, effect: "read" | "write" = "write"): Promise<void> {
  const { circuitBreakers, circuitStore } = await import("@/lib/compose");
  const key = { provider, mode: "sandbox", effect };
  const epoch = (await circuitStore().read()).get(`${provider}/sandbox/${effect}`)?.state.epoch ?? 0;
  await circuitStore().record(key, { epoch, calls: 5, failures: 5, cause: "unavailable" });
  await circuitBreakers().flush();
}
