import { createWebhookOnCall } from "@/lib/integrations/oncall/webhook/adapter";
import { ONCALL_WEBHOOK_SECRET, startVendors } from "@/tests/support/vendors";
import { describeVendorFaults } from "./vendor-faults.contract";

describeVendorFaults("the on-call webhook", ["a write without a key"], async () => {
  const vendors = await startVendors();
  return {
    vendor: "oncall",
    vendors,
    differs: {},
    calls: {
      "a write without a key": {
        attempts: 1,
        run: (policy, id) =>
          createWebhookOnCall({
            url: `${vendors.urls.oncall}/webhook`,
            secret: ONCALL_WEBHOOK_SECRET,
            mode: "sandbox",
            policy,
          }).notify({
            id,
            severity: "warning",
            title: "An alert of a test",
            text: "It says nothing.",
            url: "http://localhost/admin/integrations",
          }),
        effects: async (id) =>
          (await vendors.alerts()).filter((alert) => alert.headers["idempotency-key"] === id).length,
      },
    },
  };
});
