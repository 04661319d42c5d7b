import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { circuitStoreWithin } from "@/lib/db/circuit-store";
import { db } from "@/lib/db/client";
import { AppError } from "@/lib/errors/app-error";
import { loggingHooks } from "@/lib/integration-log";
import { email, emailFallback } from "@/lib/integrations/email";
import { onCall } from "@/lib/integrations/oncall";
import { payments } from "@/lib/integrations/payments";
import type { Effect } from "@/lib/resilience/call";

export interface CircuitOverride {
  viewer: Viewer;
  provider: string;
  effect: Effect;
  /** "open" holds it open until it is closed; "reset" closes it and forgets throttling too. */
  override: "open" | "close" | "reset";
}

const DONE = { open: "circuit.opened", close: "circuit.closed", reset: "circuit.reset" } as const;

/**
 * An operator's hand on a breaker, for the whole fleet. Step and audit entry are one transaction: nothing is done that
 * is not noted, and nothing noted that was not done.
 * @throws AppError not_found for a provider that this process does not call
 */
export async function overrideCircuit({
  viewer,
  provider,
  effect,
  override,
}: CircuitOverride): Promise<void> {
  const inUse = [payments(), email(), emailFallback(), onCall()];
  const mode = inUse.find((one) => one?.configuration.provider === provider)?.configuration.mode;
  if (mode === undefined) {
    throw new AppError("not_found", { userMessage: "This provider is not in use. Please reload the page." });
  }
  const key = { provider, mode, effect };
  const { transition } = await db().$transaction(async (tx) => {
    await recordAudit(tx, {
      workspaceId: null,
      actorId: viewer.userId,
      action: DONE[override],
      detail: { ...key },
    });
    return circuitStoreWithin(tx).override(key, override);
  });
  // Past the breakers, which would have told of it. Whoever is on call need not hear of an operator's own step.
  if (transition) loggingHooks.onTransition(transition);
}
