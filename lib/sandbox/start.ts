/**
 * Puts the sandbox together: one stand-in a vendor on its own port, and the control port. `main.ts` runs it as a process,
 * tests run it in their own.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createControlApp } from "@/lib/sandbox/control/control-app";
import { createDeliverer } from "@/lib/sandbox/kernel/deliverer";
import { createFaultBook } from "@/lib/sandbox/kernel/faults";
import { lockDataFolder } from "@/lib/sandbox/kernel/lock";
import { createRequestLog } from "@/lib/sandbox/kernel/request-log";
import { type LoopbackServer, openLoopbackServer } from "@/lib/sandbox/kernel/server";
import { openStore } from "@/lib/sandbox/kernel/store";
import type { SandboxStore, StandInDeps, Vendor, VendorStandIn } from "@/lib/sandbox/kernel/types";
import { createMailbox } from "@/lib/sandbox/mail/mailbox";
import { createOncallStandIn } from "@/lib/sandbox/oncall/stand-in";
import { createResendStandIn } from "@/lib/sandbox/resend/stand-in";
import { createSendgridStandIn } from "@/lib/sandbox/sendgrid/stand-in";
import { createStripeStandIn } from "@/lib/sandbox/stripe/stand-in";

const VENDORS = ["stripe", "resend", "sendgrid", "oncall"] as const satisfies Vendor[];

type StandInFactories = Record<Vendor, (deps: StandInDeps) => VendorStandIn>;

function standInFactories(secrets: SandboxOptions["webhookSecrets"]): StandInFactories {
  const mailbox = createMailbox();
  return {
    stripe: (deps) => createStripeStandIn({ ...deps, webhookSecret: secrets.stripe }),
    resend: (deps) => createResendStandIn({ ...deps, webhookSecret: secrets.resend }, mailbox),
    sendgrid: (deps) => createSendgridStandIn({ ...deps, webhookSecret: secrets.sendgrid }, mailbox),
    oncall: createOncallStandIn,
  };
}

export interface SandboxOptions {
  /** Where the journals are kept; made when it is not there. */
  dataDir: string;
  /** The app's origin, to which webhooks are delivered. */
  appUrl: string;
  /** 0 takes a free port. */
  ports: Record<Vendor | "control", number>;
  /** What webhooks are signed with: `whsec_…`, and for SendGrid a P-256 private key, PKCS #8 DER in base64. */
  webhookSecrets: Record<Exclude<Vendor, "oncall">, string>;
  /** Unix milliseconds; default: the real clock. */
  now?: () => number;
}

export interface RunningSandbox {
  /** `http://localhost:<port>` each. */
  urls: Record<Vendor | "control", string>;
  /** Ends calls and deliveries in progress (what was not delivered is resumed at the next start) and closes the files. */
  stop(): Promise<void>;
}

/** One vendor as it runs. */
export interface RunningVendor {
  vendor: Vendor;
  server: LoopbackServer;
  store: SandboxStore;
  standIn: VendorStandIn;
  /** Forgets everything and lays down what a fresh account has. */
  reset(): void;
}

/**
 * Resolves once every port listens.
 *
 * @throws PortUnavailableError, DataFolderLockedError; nothing is left running then
 */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const now = options.now ?? Date.now;
  const faults = createFaultBook(VENDORS);
  const log = createRequestLog();
  const cleanups: (() => unknown)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  };

  try {
    const open = async (name: Vendor | "control") => {
      const instruments = name === "control" ? {} : { instruments: { faults, log } };
      const server = await openLoopbackServer({ name, port: options.ports[name], now, ...instruments });
      cleanups.push(() => server.stop());
      return server;
    };
    const control = await open("control");
    const servers: Record<Vendor, LoopbackServer> = {
      stripe: await open("stripe"),
      resend: await open("resend"),
      sendgrid: await open("sendgrid"),
      oncall: await open("oncall"),
    };

    const instance = randomUUID();
    // Answers the probe of another start before this one has the folder.
    control.serve({ fetch: () => Response.json({ instance }) });
    cleanups.push(await lockDataFolder(options.dataDir, { instance, probeUrl: `${control.url}/instance` }));

    const factories = standInFactories(options.webhookSecrets);
    const vendors = VENDORS.map((vendor) => {
      const place = { vendor, server: servers[vendor], dataDir: options.dataDir, appUrl: options.appUrl };
      return startVendor(factories[vendor], place, now);
    });
    for (const { standIn, store } of vendors) {
      cleanups.push(() => store.close());
      cleanups.push(() => standIn.deliverer?.stop());
      cleanups.push(() => standIn.stop?.());
    }
    control.serve(createControlApp({ instance, faults, log, vendors }));

    return {
      urls: {
        stripe: servers.stripe.url,
        resend: servers.resend.url,
        sendgrid: servers.sendgrid.url,
        oncall: servers.oncall.url,
        control: control.url,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startVendor(
  createStandIn: (deps: StandInDeps) => VendorStandIn,
  {
    vendor,
    server,
    dataDir,
    appUrl,
  }: { vendor: Vendor; server: LoopbackServer; dataDir: string; appUrl: string },
  now: () => number,
): RunningVendor {
  const store = openStore(join(dataDir, `${vendor}.jsonl`));
  const standIn = createStandIn({
    store,
    createDeliverer: (signer) => createDeliverer({ store, signer, now }),
    now,
    baseUrl: server.url,
    appUrl: appUrl.replace(/\/+$/, ""),
  });
  const seed = () => {
    standIn.seed();
    store.put("kernel.meta", "seeded", { at: now() });
  };
  if (!store.get("kernel.meta", "seeded")) seed();
  server.serve({
    fetch: (request) => standIn.app.fetch(request),
    isApiPath: standIn.isApiPath,
    errorBody: standIn.errorBody,
  });
  return {
    vendor,
    server,
    store,
    standIn,
    reset() {
      store.reset();
      seed();
    },
  };
}
