/** The mail sandbox as SendGrid. */
import type { SigningStandInDeps, VendorStandIn } from "@/lib/sandbox/kernel/types";
import { createMailStandIn } from "@/lib/sandbox/mail/mail-stand-in";
import type { Mailbox } from "@/lib/sandbox/mail/mailbox";
import { createSendgridApi } from "./api";
import { errorBodyFor } from "./errors";
import { createEventWebhookSigner, SENDGRID_REPORTS } from "./events";

export function createSendgridStandIn(deps: SigningStandInDeps, mailbox: Mailbox): VendorStandIn {
  return createMailStandIn(deps, mailbox, {
    vendor: "sendgrid",
    signer: createEventWebhookSigner(deps.webhookSecret),
    reports: SENDGRID_REPORTS,
    createApi: (mailroom) => createSendgridApi(deps, mailroom),
    errorBody: errorBodyFor,
  });
}
