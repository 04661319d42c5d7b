import { findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import type { Api } from "../http/router";
import type { EventEnvelope } from "../wire";
import type { World } from "../world";

/** @param pendingCounts by event, how many endpoints have not acknowledged it yet */
export function registerEvents(api: Api, world: World, pendingCounts: () => Map<string, number>): void {
  const present = (event: EventEnvelope, pending: Map<string, number>): EventEnvelope => ({
    ...event,
    pending_webhooks: pending.get(event.id) ?? 0,
  });

  api.get("/v1/events", ({ params }) => {
    const page = readPage(params);
    const type = params.string("type");
    const types = params.strings("types");
    const created = params.timeRange("created");
    const delivered = params.boolean("delivery_success");
    params.finish();
    const pending = pendingCounts();
    const rows = world.list("events").filter((event) => {
      if (type !== undefined && !matchesType(event.type, type)) return false;
      if (types && !types.some((wanted) => matchesType(event.type, wanted))) return false;
      if (delivered !== undefined && delivered === pending.has(event.id)) return false;
      return event.created >= created.from && event.created <= created.to;
    });
    const list = paginate(rows, page, "/v1/events", "event");
    return { ...list, data: list.data.map((event) => present(event, pending)) };
  });

  api.get("/v1/events/:id", ({ params, path }) => {
    params.finish();
    return present(findByPath(world, "events", path("id")), pendingCounts());
  });
}

/** `customer.*` stands for every type that begins so, and `*` for all. */
export function matchesType(type: string, wanted: string): boolean {
  return wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
