/** The one selector of the e-mail provider. */
import { policies } from "@/lib/compose";
import { env } from "@/lib/env";
import { processSingleton } from "@/lib/process-singleton";
import type { EmailProvider } from "./port";
import { createResendEmail } from "./resend/adapter";

function select(): EmailProvider {
  switch (env.EMAIL_PROVIDER) {
    case "resend":
      return createResendEmail({
        // The boot check has refused a process without a key; the SDK's constructor throws on an empty one.
        apiKey: env.RESEND_API_KEY ?? "unconfigured",
        webhookSecrets: env.RESEND_WEBHOOK_SECRET ?? [],
        baseUrl: env.RESEND_BASE_URL,
        policy: policies.email,
      });
    default:
      return env.EMAIL_PROVIDER satisfies never;
  }
}

export function email(): EmailProvider {
  return processSingleton("email", select);
}
