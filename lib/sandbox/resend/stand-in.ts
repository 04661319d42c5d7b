/** The mail sandbox: Resend's API for the app, a mailbox for people, one port. */
import { Hono } from "hono";
import type { StandInDeps, VendorStandIn } from "@/lib/sandbox/kernel/types";
import { createResendApi } from "./api";
import { errorBodyFor } from "./errors";
import { createSvixSigner } from "./events";
import { createMailboxApp } from "./mailbox-app";
import { createMailroom } from "./mailroom";

export function createResendStandIn(deps: StandInDeps): VendorStandIn {
  const deliverer = deps.createDeliverer(createSvixSigner(deps.webhookSecret));
  const mailroom = createMailroom(deps, deliverer);
  mailroom.resume();
  const api = createResendApi(deps, mailroom);
  const mailbox = createMailboxApp({ mailroom, deliverer, appUrl: deps.appUrl });
  const app = new Hono();
  app.all("*", (context) =>
    isApiPath(context.req.path) ? api.fetch(context.req.raw) : mailbox.fetch(context.req.raw),
  );

  return {
    vendor: "resend",
    app,
    deliverer,
    describe: () => ({ emails: mailroom.list().length }),
    // A fresh account has neither mails nor domains.
    seed() {},
    stop: () => mailroom.stop(),
    isApiPath,
    errorBody: errorBodyFor,
  };
}

function isApiPath(path: string): boolean {
  return path !== "/" && path !== "/favicon.ico" && !/^\/mailbox(\.json|\/|$)/.test(path);
}
