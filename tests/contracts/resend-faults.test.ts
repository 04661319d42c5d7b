import { createResendEmail } from "@/lib/integrations/email/resend/adapter";
import type { Policy } from "@/lib/resilience/policy";
import { mailsWithKey, mailTo } from "@/tests/support/faulty-mails";
import { RESEND_WEBHOOK_SECRET, startVendors } from "@/tests/support/vendors";
import { describeVendorFaults } from "./vendor-faults.contract";

describeVendorFaults("Resend", ["a probe", "a write"], async () => {
  const vendors = await startVendors();
  const adapter = (policy: Policy) =>
    createResendEmail({
      apiKey: "re_sandbox",
      webhookSecrets: [RESEND_WEBHOOK_SECRET],
      baseUrl: vendors.urls.resend,
      mode: "sandbox",
      policy,
    });
  return {
    vendor: "resend",
    vendors,
    differs: {},
    calls: {
      "a probe": { attempts: 1, probes: true, run: (policy) => adapter(policy).probe("read") },
      "a write": {
        attempts: 3,
        run: (policy, idempotencyKey) => adapter(policy).send(mailTo(idempotencyKey), { idempotencyKey }),
        effects: (key) => mailsWithKey(vendors, key),
      },
    },
  };
});
