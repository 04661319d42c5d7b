/** The control port: faults, webhook switches, seeds, reset, state and the request log. Not part of any vendor; never hit by a fault. */
import { Hono } from "hono";
import { ControlRefusedError } from "@/lib/sandbox/kernel/controls";
import { type FaultBook, FaultRefusedError } from "@/lib/sandbox/kernel/faults";
import type { RequestLog } from "@/lib/sandbox/kernel/request-log";
import type { LoopbackServer } from "@/lib/sandbox/kernel/server";
import type { SandboxStore, Vendor, VendorStandIn } from "@/lib/sandbox/kernel/types";
import { readJson } from "./json-body";
import { indexPage, requestLogPage } from "./pages";
import { registerVendorControls } from "./vendor-controls";

export interface ControlledVendor {
  vendor: Vendor;
  server: Pick<LoopbackServer, "url" | "refuse" | "accept">;
  store: SandboxStore;
  standIn: VendorStandIn;
  reset(): void;
}

export interface ControlDeps {
  /** Told to whoever asks `GET /instance`: see `kernel/lock.ts`. */
  instance: string;
  faults: FaultBook;
  log: RequestLog;
  vendors: ControlledVendor[];
}

export function createControlApp({ instance, faults, log, vendors }: ControlDeps): Hono {
  const app = new Hono();

  /** Opens and closes ports as the book now says. */
  const applyRefusals = async () => {
    for (const { vendor, server } of vendors) {
      if (faults.isRefused(vendor)) server.refuse();
      else await server.accept();
    }
  };
  const state = () => ({
    faults: faults.list(),
    vendors: Object.fromEntries(
      vendors.map(({ vendor, server, standIn }) => [
        vendor,
        {
          url: server.url,
          state: standIn.describe(),
          switch: standIn.deliverer?.readSwitch() ?? null,
          deliveries: (standIn.deliverer?.list() ?? []).map(withoutBody),
        },
      ]),
    ),
  });

  app.get("/", (context) =>
    indexPage({ vendors, faults: faults.list(), controlUrl: new URL(context.req.url).origin }),
  );
  app.get("/instance", (context) => context.json({ instance }));
  app.get("/faults", (context) => context.json({ faults: faults.list() }));
  app.post("/faults", async (context) => {
    const input = await readJson(context.req.raw);
    if (input instanceof Response) return input;
    try {
      const fault = faults.add(input);
      await applyRefusals();
      return context.json({ fault }, 201);
    } catch (error) {
      if (error instanceof FaultRefusedError) return context.json({ error: error.message }, 400);
      throw error;
    }
  });
  app.delete("/faults", async (context) => {
    const vendor = context.req.query("vendor");
    if (vendor !== undefined && !vendors.some((known) => known.vendor === vendor))
      return context.json(
        { error: `vendor: one of ${vendors.map((known) => known.vendor).join(", ")}` },
        400,
      );
    faults.clear(vendor);
    await applyRefusals();
    return context.json({ faults: faults.list() });
  });
  app.post("/reset", async (context) => {
    faults.clear();
    await applyRefusals();
    for (const vendor of vendors) vendor.reset();
    log.clear();
    return context.json({ reset: vendors.map(({ vendor }) => vendor) });
  });
  app.get("/state", (context) => context.json(state()));
  app.get("/requests", async (context) => {
    const wantsJson =
      context.req.query("format") === "json" || /\bjson\b/.test(context.req.header("accept") ?? "");
    if (!wantsJson) return requestLogPage(log.list());
    const effects = Object.fromEntries(
      vendors.map(({ vendor, standIn }) => [vendor, standIn.describe().counts]),
    );
    return context.json({ requests: log.list(), counts: log.counts(), effects });
  });
  registerVendorControls(app, vendors);
  app.notFound((context) =>
    context.json({ error: `${context.req.method} ${context.req.path}: no such route.` }, 404),
  );
  app.onError((error, context) =>
    context.json({ error: error.message }, error instanceof ControlRefusedError ? 400 : 500),
  );
  return app;
}

/** Bodies are in the vendor's own pages; here they would only be noise. */
function withoutBody<T extends { body: string }>({ body: _body, ...rest }: T): Omit<T, "body"> {
  return rest;
}
