import { env } from "@/lib/env";
import { email, emailFallback } from "@/lib/integrations/email";
import { monitoring } from "@/lib/integrations/monitoring";
import { onCall } from "@/lib/integrations/oncall";
import { payments } from "@/lib/integrations/payments";
import type { ProviderConfiguration } from "@/lib/integrations/provider-configuration";
import type { Effect } from "@/lib/resilience/call";

export type CapabilityId = "payments" | "email" | "email-fallback" | "on-call" | "sign-in" | "monitoring";

/** Something that the app needs somebody for, and who that is. */
export interface Capability {
  id: CapabilityId;
  /** Null where nobody is set up. The mode is null where there is only one: what is embedded, what has no test mode. */
  configuration:
    | (Omit<ProviderConfiguration, "mode"> & { mode: ProviderConfiguration["mode"] | null })
    | null;
  /** What is done through breakers, and counted; nothing where no vendor is called. */
  effects: readonly Effect[];
}

/** Who serves what, from this process's environment; asks no vendor. */
export function listCapabilities(): Capability[] {
  const both: readonly Effect[] = ["read", "write"];
  return [
    { id: "payments", configuration: payments().configuration, effects: both },
    { id: "email", configuration: email().configuration, effects: both },
    { id: "email-fallback", configuration: emailFallback()?.configuration ?? null, effects: both },
    { id: "on-call", configuration: onCall()?.configuration ?? null, effects: ["write"] },
    {
      id: "sign-in",
      configuration: { provider: env.AUTH_PROVIDER, mode: null, keyFingerprint: null, apiVersion: null },
      effects: [],
    },
    { id: "monitoring", configuration: monitoring().configuration, effects: [] },
  ];
}
