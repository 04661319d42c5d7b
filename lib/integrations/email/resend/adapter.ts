import { Resend } from "resend";
import type { Policy } from "@/lib/resilience/policy";
import type { EmailProvider } from "../port";
import { fromThrown, PROVIDER, toIntegrationError } from "./errors";
import { verifyResendWebhook } from "./webhook";

export interface ResendEmailDeps {
  apiKey: string;
  /** Current first, then previous ones. */
  webhookSecrets: readonly string[];
  /** A stand-in's origin; undefined for Resend itself. */
  baseUrl: string | undefined;
  policy: Policy;
}

export function createResendEmail(deps: ResendEmailDeps): EmailProvider {
  const sdk = new Resend(deps.apiKey, deps.baseUrl ? { baseUrl: deps.baseUrl } : {});
  return {
    id: PROVIDER,
    send: (message, { idempotencyKey }) =>
      deps.policy({ operation: "emails.send", class: "background" }, async (signal) => {
        const { category, ...mail } = message;
        const answer = await sdk.emails
          .send({ ...mail, tags: [{ name: "category", value: category }] }, { idempotencyKey, signal })
          .catch((error: unknown) => {
            throw fromThrown(error, "emails.send");
          });
        // The SDK resolves failures; a policy must see them thrown.
        if (answer.error) throw toIntegrationError(answer.error, "emails.send", answer.headers);
        return { messageId: answer.data.id };
      }),
    verifyWebhook: (input) => verifyResendWebhook({ ...input, secrets: deps.webhookSecrets }),
  };
}
