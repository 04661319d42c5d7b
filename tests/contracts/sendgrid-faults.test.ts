import { createSendGridEmail } from "@/lib/integrations/email/sendgrid/adapter";
import type { Policy } from "@/lib/resilience/policy";
import { mailsWithKey, mailTo } from "@/tests/support/faulty-mails";
import { SENDGRID_WEBHOOK_PUBLIC_KEY, startVendors } from "@/tests/support/vendors";
import { describeVendorFaults } from "./vendor-faults.contract";

describeVendorFaults("SendGrid", ["a probe", "a write without a key"], async () => {
  const vendors = await startVendors();
  const adapter = (policy: Policy) =>
    createSendGridEmail({
      apiKey: "SG.sandbox",
      webhookPublicKeys: [SENDGRID_WEBHOOK_PUBLIC_KEY],
      baseUrl: vendors.urls.sendgrid,
      mode: "sandbox",
      policy,
    });
  return {
    vendor: "sendgrid",
    vendors,
    differs: {},
    calls: {
      "a probe": { attempts: 1, probes: true, run: (policy) => adapter(policy).probe("read") },
      "a write without a key": {
        attempts: 1,
        run: (policy, key) => adapter(policy).send(mailTo(key), { idempotencyKey: key }),
        effects: (key) => mailsWithKey(vendors, key),
      },
    },
  };
});
