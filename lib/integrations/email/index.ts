/** The one selector of the e-mail providers: the first, and the one that takes over while the first is down. */
import { policyFor } from "@/lib/compose";
import { env } from "@/lib/env";
import { processSingleton } from "@/lib/process-singleton";
import { providerMode } from "@/lib/provider-scope";
import type { EmailProvider } from "./port";
import { createResendEmail } from "./resend/adapter";
import { createSendGridEmail } from "./sendgrid/adapter";

type EmailProviderId = typeof env.EMAIL_PROVIDER;

// The boot check has refused a process that lacks a key of a provider which it sends through. Of any other provider
// only the late reports are taken, where its webhook is still configured.
const UNCONFIGURED = "unconfigured";

function create(id: EmailProviderId): EmailProvider {
  switch (id) {
    case "resend":
      return createResendEmail({
        apiKey: env.RESEND_API_KEY ?? UNCONFIGURED,
        webhookSecrets: env.RESEND_WEBHOOK_SECRET ?? [],
        baseUrl: env.RESEND_BASE_URL,
        mode: providerMode(id),
        policy: policyFor(id),
      });
    case "sendgrid":
      return createSendGridEmail({
        apiKey: env.SENDGRID_API_KEY ?? UNCONFIGURED,
        webhookPublicKeys: env.SENDGRID_WEBHOOK_PUBLIC_KEY ?? [],
        baseUrl: env.SENDGRID_BASE_URL,
        mode: providerMode(id),
        policy: policyFor(id),
      });
    default:
      return id satisfies never;
  }
}

/** A provider by its name, selected or not: what one has taken stays with it when another is selected. */
export function emailProvider(id: EmailProviderId): EmailProvider {
  return processSingleton(`email:${id}`, () => create(id));
}

const IDS: Record<EmailProviderId, true> = { resend: true, sendgrid: true };

/** Whether a name, as a row of the outbox has kept it, is one of those above. */
export function isEmailProviderId(name: string): name is EmailProviderId {
  return Object.hasOwn(IDS, name);
}

/** The provider that every mail goes to first. */
export function email(): EmailProvider {
  return emailProvider(env.EMAIL_PROVIDER);
}

/** The provider that takes new mails while the first one's breaker is open; null where there is none. */
export function emailFallback(): EmailProvider | null {
  return env.EMAIL_FALLBACK_PROVIDER ? emailProvider(env.EMAIL_FALLBACK_PROVIDER) : null;
}
