/** What the stand-ins of mail vendors have in common: the vendor's API for the app, the shared mailbox for people, one port. */
import { Hono } from "hono";
import type { SigningStandInDeps, VendorStandIn, WebhookSigner } from "@/lib/sandbox/kernel/types";
import type { MailVendor } from "./mail";
import type { Mailbox } from "./mailbox";
import { createMailboxApp, isMailboxPath } from "./mailbox-app";
import { createMailroom, type MailReports, type Mailroom } from "./mailroom";

export interface MailVendorParts {
  vendor: MailVendor;
  signer: WebhookSigner;
  reports: MailReports;
  createApi(mailroom: Mailroom): Hono;
  errorBody(status: number): unknown;
}

/** @param mailbox where this vendor's mails are shown, beside those of the others */
export function createMailStandIn(
  deps: SigningStandInDeps,
  mailbox: Mailbox,
  parts: MailVendorParts,
): VendorStandIn {
  const { store, now, appUrl } = deps;
  const { vendor, reports, errorBody } = parts;
  const deliverer = deps.createDeliverer(parts.signer);
  const webhookUrl = `${appUrl}/api/webhooks/${vendor}`;
  const mailroom = createMailroom({ vendor, store, deliverer, now, webhookUrl, reports });
  mailroom.resume();
  mailbox.add(mailroom);
  const api = parts.createApi(mailroom);
  const pages = createMailboxApp({ mailbox, appUrl });
  const app = new Hono();
  app.all("*", (context) => (isMailboxPath(context.req.path) ? pages : api).fetch(context.req.raw));

  return {
    vendor,
    app,
    deliverer,
    describe: () => ({ counts: { emails: mailroom.list().length } }),
    // A fresh account has no mails.
    seed() {},
    stop: () => mailroom.stop(),
    isApiPath: (path) => !isMailboxPath(path),
    errorBody,
  };
}
