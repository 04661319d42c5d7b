import { createId } from "../ids";
import type { Metadata, WebhookEndpoint } from "../wire";

export interface WebhookEndpointInput {
  created: number;
  url: string;
  enabledEvents: string[];
  description: string | null;
  metadata: Metadata;
  apiVersion: string | null;
}

/** Without its secret, which is only answered when it is created. */
export function makeWebhookEndpoint(input: WebhookEndpointInput): WebhookEndpoint {
  return {
    id: createId("we"),
    object: "webhook_endpoint",
    api_version: input.apiVersion,
    application: null,
    created: input.created,
    description: input.description,
    enabled_events: input.enabledEvents,
    livemode: false,
    metadata: input.metadata,
    status: "enabled",
    url: input.url,
  };
}
