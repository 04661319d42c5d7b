/** The one selector of the on-call capability. */
import { policyFor } from "@/lib/compose";
import { env } from "@/lib/env";
import { processSingleton } from "@/lib/process-singleton";
import { providerMode } from "@/lib/provider-scope";
import type { OnCall } from "./port";
import { createWebhookOnCall } from "./webhook/adapter";

function select(): OnCall | null {
  const { ONCALL_WEBHOOK_URL: url, ONCALL_WEBHOOK_SECRET: secret } = env;
  // The boot check has refused an address without a secret.
  if (!url || !secret) return null;
  return createWebhookOnCall({ url, secret, mode: providerMode("oncall"), policy: policyFor("oncall") });
}

/** Null where nobody is to be woken. */
export function onCall(): OnCall | null {
  return processSingleton("oncall", select);
}
