/** The mail sandbox as Resend. */
import type { SigningStandInDeps, VendorStandIn } from "@/lib/sandbox/kernel/types";
import { createMailStandIn } from "@/lib/sandbox/mail/mail-stand-in";
import type { Mailbox } from "@/lib/sandbox/mail/mailbox";
import { createResendApi } from "./api";
import { errorBodyFor } from "./errors";
import { createSvixSigner, RESEND_REPORTS } from "./events";

export function createResendStandIn(deps: SigningStandInDeps, mailbox: Mailbox): VendorStandIn {
  return createMailStandIn(deps, mailbox, {
    vendor: "resend",
    signer: createSvixSigner(deps.webhookSecret),
    reports: RESEND_REPORTS,
    createApi: (mailroom) => createResendApi(deps, mailroom),
    errorBody: errorBodyFor,
  });
}
