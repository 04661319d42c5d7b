import { invalidRequest, missingParam } from "../http/api-error";
import { findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import { randomLetters } from "../ids";
import { makeWebhookEndpoint } from "../objects/make-webhook-endpoint";
import type { World } from "../world";

export function registerWebhookEndpoints(api: Api, world: World): void {
  api.post("/v1/webhook_endpoints", ({ params }) => {
    const url = params.required("url");
    const enabledEvents = params.strings("enabled_events");
    if (!enabledEvents || enabledEvents.length === 0) throw missingParam("enabled_events");
    checkUrl(url);
    const input = {
      url,
      enabledEvents,
      description: params.nullableString("description") ?? null,
      metadata: mergeMetadata(null, params.metadata()),
      apiVersion: params.string("api_version") ?? null,
    };
    params.ignore("connect");
    params.finish();
    const endpoint = makeWebhookEndpoint({ ...input, created: world.now() });
    const secret = `whsec_${randomLetters(32)}`;
    world.put("webhook_endpoints", endpoint);
    world.put("endpoint_secrets", { id: endpoint.id, secret });
    return { ...endpoint, secret };
  });

  api.get("/v1/webhook_endpoints", ({ params }) => {
    const page = readPage(params);
    params.finish();
    return paginate(world.list("webhook_endpoints"), page, "/v1/webhook_endpoints", "webhook endpoint");
  });

  api.get("/v1/webhook_endpoints/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "webhook_endpoints", path("id"));
  });

  api.post("/v1/webhook_endpoints/:id", ({ params, path }) => {
    const endpoint = findByPath(world, "webhook_endpoints", path("id"));
    const changes = readChanges(params, endpoint);
    params.finish();
    return world.change("webhook_endpoints", endpoint.id, changes);
  });

  api.delete("/v1/webhook_endpoints/:id", ({ params, path }) => {
    const endpoint = findByPath(world, "webhook_endpoints", path("id"));
    params.finish();
    world.remove("webhook_endpoints", endpoint.id);
    world.remove("endpoint_secrets", endpoint.id);
    return { id: endpoint.id, object: "webhook_endpoint", deleted: true };
  });
}

function readChanges(params: Params, endpoint: ReturnType<typeof makeWebhookEndpoint>) {
  const url = params.string("url") ?? endpoint.url;
  checkUrl(url);
  const disabled = params.boolean("disabled");
  const description = params.nullableString("description");
  return {
    url,
    enabled_events: params.strings("enabled_events") ?? endpoint.enabled_events,
    description: description === undefined ? endpoint.description : description,
    metadata: mergeMetadata(endpoint.metadata, params.metadata()),
    status: disabled === undefined ? endpoint.status : disabled ? "disabled" : "enabled",
  };
}

/** The sandbox sends nothing off this machine. */
function checkUrl(url: string): void {
  const isLoopback =
    URL.canParse(url) && /^(localhost|[\w-]+\.localhost|127\.0\.0\.1|\[::1\])$/i.test(new URL(url).hostname);
  if (isLoopback) return;
  throw invalidRequest(
    "Invalid URL: this sandbox delivers to addresses of this machine only, such as http://localhost:3000/….",
    "url_invalid",
    "url",
  );
}
