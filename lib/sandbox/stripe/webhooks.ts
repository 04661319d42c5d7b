/** From an event to the endpoints that want it. */
import type { SigningStandInDeps, WebhookDeliverer } from "@/lib/sandbox/kernel/types";
import { matchesType } from "./resources/events";
import { signatureHeader } from "./webhook-signature";
import type { EventEnvelope, WebhookEndpoint } from "./wire";
import type { World } from "./world";

export interface Webhooks {
  deliverer: WebhookDeliverer;
  endpointsFor(type: string): WebhookEndpoint[];
  deliver(event: EventEnvelope): void;
  /** Sends events (again) to every endpoint that wants them now. */
  redeliver(events: readonly EventEnvelope[]): void;
  /** By event, how many endpoints have not acknowledged it yet; acknowledged ones are left out. */
  pendingCounts(): Map<string, number>;
}

/** @param findWorld asked late: the world and its webhooks need each other */
export function createWebhooks(deps: SigningStandInDeps, findWorld: () => World): Webhooks {
  const endpointsFor = (type: string) =>
    findWorld()
      .list("webhook_endpoints")
      .filter(
        (endpoint) =>
          endpoint.status === "enabled" &&
          endpoint.enabled_events.some((wanted) => matchesType(type, wanted)),
      );

  /** Endpoints may share a URL; one delivery then bears a signature of each, as with a rolling secret. */
  const secretsFor = (url: string): string[] => {
    const world = findWorld();
    const [account] = world.list("account");
    return world
      .list("webhook_endpoints")
      .filter((endpoint) => endpoint.url === url)
      .flatMap(({ id }) => {
        const secret =
          id === account?.appEndpoint ? deps.webhookSecret : world.get("endpoint_secrets", id)?.secret;
        return secret ? [secret] : [];
      });
  };

  const deliverer = deps.createDeliverer((webhook, nowMs) => ({
    "stripe-signature": signatureHeader(webhook.body, secretsFor(webhook.url), nowMs),
    "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
  }));

  const deliver = (event: EventEnvelope) => {
    const body = JSON.stringify(event, null, 2);
    const urls = new Set(endpointsFor(event.type).map((endpoint) => endpoint.url));
    for (const url of urls) deliverer.enqueue({ id: event.id, url, body });
  };

  return {
    deliverer,
    endpointsFor,
    deliver,
    redeliver(events) {
      const known = new Set(deliverer.list().map(({ id }) => id));
      for (const event of events) {
        // Known to the deliverer, it keeps its count of attempts.
        if (known.has(event.id)) deliverer.redeliver(event.id);
        else deliver(event);
      }
    },
    pendingCounts() {
      const counts = new Map<string, number>();
      for (const { id, state } of deliverer.list()) {
        if (state !== "delivered") counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      return counts;
    },
  };
}
