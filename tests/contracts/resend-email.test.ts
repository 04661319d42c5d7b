/** The e-mail contract, kept by the Resend adapter: the real SDK against the mail sandbox. */
import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { createResendEmail } from "@/lib/integrations/email/resend/adapter";
import { createPolicy } from "@/lib/resilience/policy";
import { eventually } from "@/tests/support/poll";
import { injectFault, TEST_DEADLINES } from "@/tests/support/vendor-faults";
import { RESEND_WEBHOOK_SECRET, startVendors } from "@/tests/support/vendors";
import { describeEmail, type EmailVendor } from "./email.contract";

const PREVIOUS_SECRET = "whsec_cHJldmlvdXM=";

async function startResend(): Promise<EmailVendor> {
  const vendors = await startVendors();
  const create = (changes: Partial<Parameters<typeof createResendEmail>[0]> = {}) =>
    createResendEmail({
      apiKey: "re_sandbox",
      webhookSecrets: [RESEND_WEBHOOK_SECRET, PREVIOUS_SECRET],
      baseUrl: vendors.urls.resend,
      policy: createPolicy("resend", TEST_DEADLINES),
      ...changes,
    });
  return {
    provider: create(),
    badCredentials: create({ apiKey: "re_of_somebody_else" }),
    withoutWebhookSecret: create({ webhookSecrets: [] }),
    fail: (fault) => injectFault(vendors, "resend", fault),
    loseNextAnswer: () =>
      vendors.addFault({ vendor: "resend", kind: "reset", phase: "body", route: "POST /emails", times: 1 }),
    heal: vendors.clearFaults,
    arrived: async (to) =>
      (await vendors.mails(to)).map(({ id, from, subject, html, text, tags }) => ({
        id,
        from,
        subject,
        html,
        text,
        category: tags.category,
      })),
    deliveredWebhook: async (to) => {
      const delivery = await eventually("the mail's webhook", async () =>
        vendors.deliveries.find(({ vendor, body }) => vendor === "resend" && body.includes(to)),
      );
      return { headers: new Headers(delivery.headers), body: Buffer.from(delivery.body) };
    },
    resign: (body, whose, at) => {
      const secret = whose === "previous" ? PREVIOUS_SECRET : "whsec_c29tZWJvZHkgZWxzZQ==";
      const id = `msg_${randomUUID()}`;
      return new Headers({
        "svix-id": id,
        "svix-timestamp": String(Math.floor(at.getTime() / 1000)),
        "svix-signature": new Webhook(secret).sign(id, at, body.toString("utf8")),
      });
    },
    stop: vendors.stop,
  };
}

describeEmail("Resend", startResend);
