import { createId } from "./ids";
import { makePortalConfiguration } from "./objects/make-portal";
import { makeWebhookEndpoint } from "./objects/make-webhook-endpoint";
import { API_VERSION } from "./wire";
import type { World } from "./world";

/**
 * Lays down what a fresh account has: the app's webhook endpoint and a portal configuration. An account that is there
 * already keeps its own; only the app's address is put right, since its port may have changed.
 */
export function seedAccount(world: World, appUrl: string): void {
  const url = `${appUrl}/api/webhooks/stripe`;
  const [account] = world.list("account");
  if (account) {
    if (world.get("webhook_endpoints", account.appEndpoint)) {
      world.change("webhook_endpoints", account.appEndpoint, { url });
    }
    return;
  }
  const created = world.now();
  const endpoint = makeWebhookEndpoint({
    created,
    url,
    enabledEvents: ["*"],
    description: "The app that runs beside this sandbox",
    metadata: {},
    apiVersion: API_VERSION,
  });
  world.put("webhook_endpoints", endpoint);
  world.put("portal_configurations", makePortalConfiguration(created, true));
  world.put("account", { id: createId("acct"), created, appEndpoint: endpoint.id });
}
