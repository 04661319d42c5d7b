/**
 * What the control port does to one vendor, each with `"vendor"` in the body or the query:
 *
 * | call | what it does |
 * |------|--------------|
 * | `POST /deliveries` `{"state"?: "on" \| "off" \| "held", "order"?: "made" \| "shuffled", "copies"?: 1 to 20}` | turns webhooks off and on, shuffles and repeats them: see `DeliverySwitch` |
 * | `GET /deliveries` | how they are turned, for every vendor |
 * | `POST /redeliver` `{"ids": ["evt_…"]}` | sends messages again, whether they were sent before or not |
 * | `POST /seed` | many objects with a history at once (payments only): see `stripe/bulk-seed.ts` |
 * | `GET /events?after=<id>&limit=<1 to 10000>` | what the vendor would have told, oldest first: `{"events": […], "hasMore"}` |
 * | `POST /settings` | what a person sets in the vendor's dashboard (payments only): see `stripe/settings.ts` |
 */
import type { Hono } from "hono";
import { z } from "zod";
import { ControlRefusedError } from "@/lib/sandbox/kernel/controls";
import type { VendorStandIn } from "@/lib/sandbox/kernel/types";
import type { ControlledVendor } from "./control-app";
import { readJson } from "./json-body";

const switchSchema = z.strictObject({
  state: z.enum(["on", "off", "held"]).optional(),
  order: z.enum(["made", "shuffled"]).optional(),
  copies: z.number().int().min(1).max(20).optional(),
});
const redeliverySchema = z.strictObject({ ids: z.array(z.string()).min(1).max(100_000) });
const pageSchema = z.strictObject({
  after: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});

export function registerVendorControls(app: Hono, vendors: readonly ControlledVendor[]): void {
  const find = (vendor: unknown): VendorStandIn => {
    const found = vendors.find((known) => known.vendor === vendor);
    if (found) return found.standIn;
    throw new ControlRefusedError(`vendor: one of ${vendors.map((known) => known.vendor).join(", ")}`);
  };
  const split = (input: unknown): { standIn: VendorStandIn; rest: unknown } => {
    if (typeof input !== "object" || input === null) throw new ControlRefusedError("body: must be an object");
    const { vendor, ...rest } = input as { vendor?: unknown };
    return { standIn: find(vendor), rest };
  };
  const post = (path: string, act: (standIn: VendorStandIn, rest: unknown) => object) =>
    app.post(path, async (context) => {
      const input = await readJson(context.req.raw);
      if (input instanceof Response) return input;
      const { standIn, rest } = split(input);
      return context.json(act(standIn, rest));
    });

  app.get("/deliveries", (context) =>
    context.json({
      switches: Object.fromEntries(
        vendors.map(({ vendor, standIn }) => [vendor, standIn.deliverer?.readSwitch() ?? null]),
      ),
    }),
  );
  post("/deliveries", ({ vendor, deliverer }, rest) => {
    if (!deliverer) throw new ControlRefusedError(`vendor: ${vendor} sends no webhooks`);
    return { switch: deliverer.turn(readAs(switchSchema, rest)) };
  });
  post("/redeliver", ({ vendor, deliverer, redeliver }, rest) => {
    if (!deliverer) throw new ControlRefusedError(`vendor: ${vendor} sends no webhooks`);
    const { ids } = readAs(redeliverySchema, rest);
    if (redeliver) redeliver(ids);
    else for (const id of ids) deliverer.redeliver(id);
    return { redelivered: ids.length };
  });
  post("/seed", ({ vendor, seedBulk }, rest) => {
    if (!seedBulk) throw new ControlRefusedError(`vendor: ${vendor} cannot be seeded`);
    return seedBulk(rest);
  });
  post("/settings", ({ vendor, changeSettings }, rest) => {
    if (!changeSettings) throw new ControlRefusedError(`vendor: ${vendor} has no settings`);
    return changeSettings(rest);
  });
  app.get("/events", (context) => {
    const { vendor, ...query } = context.req.query();
    const { eventsAfter } = find(vendor);
    if (!eventsAfter) throw new ControlRefusedError(`vendor: ${vendor} keeps no events`);
    const { after, limit } = readAs(pageSchema, query);
    return context.json(eventsAfter(after ?? null, limit));
  });
}

/** @throws ControlRefusedError */
function readAs<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw new ControlRefusedError(problems.join("; "));
}
