import { render } from "@react-email/render";
import type { ReactElement } from "react";
import { formatMoney } from "@/lib/billing/format";
import { appUrl, env } from "@/lib/env";
import { normalAddress } from "./address";
import { isTransactional } from "./categories";
import { AlreadyRegistered, OperatorTest, ResetPassword, VerifyEmail, Welcome } from "./templates/account";
import {
  PaymentFailed,
  type PaymentFailedProps,
  Receipt,
  type ReceiptProps,
  Refund,
  type RefundProps,
  SubscriptionCancelled,
  type SubscriptionCancelledProps,
} from "./templates/billing";
import { PRODUCT_NAME } from "./templates/layout";
import { unsubscribeToken } from "./unsubscribe-token";

/** Every mail that exists, with what it is filled with. Links are made here. */
export type Mail =
  | { template: "verify-email"; name: string; token: string }
  | { template: "reset-password"; name: string; token: string }
  | { template: "already-registered"; name: string }
  | { template: "welcome"; name: string }
  | { template: "operator-test"; name: string }
  | ({ template: "receipt" } & Omit<ReceiptProps, "url">)
  | ({ template: "refund" } & Omit<RefundProps, "url">)
  | ({ template: "payment-failed" } & Omit<PaymentFailedProps, "url">)
  | ({ template: "subscription-cancelled" } & Omit<SubscriptionCancelledProps, "url">);

/** A mail as it is frozen in the outbox. */
export interface RenderedMail {
  from: string;
  to: string;
  subject: string;
  html: string;
  text: string;
  category: Mail["template"];
  /** Beside those that every mail has. */
  headers?: Record<string, string>;
}

/** A mail program unsubscribes its reader by one POST, and asks nothing: https://www.rfc-editor.org/rfc/rfc8058 */
function oneClickHeaders(token: string): Record<string, string> {
  return {
    "List-Unsubscribe": `<${link("/api/unsubscribe", { token })}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
}

function link(path: string, query: Record<string, string> = {}): string {
  const url = new URL(path, appUrl());
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url.toString();
}

/** @param unsubscribePage for people; undefined for what is transactional */
function compose(
  mail: Mail,
  unsubscribePage: string | undefined,
): { subject: string; element: ReactElement } {
  const billing = link("/billing");
  switch (mail.template) {
    case "verify-email":
      return {
        subject: "Confirm your e-mail address",
        element: <VerifyEmail name={mail.name} url={link("/verify-email", { token: mail.token })} />,
      };
    case "reset-password":
      return {
        subject: "Choose a new password",
        element: <ResetPassword name={mail.name} url={link("/reset-password", { token: mail.token })} />,
      };
    case "already-registered":
      return {
        subject: "You have an account already",
        element: <AlreadyRegistered name={mail.name} url={link("/sign-in")} />,
      };
    case "welcome":
      return {
        subject: `Welcome to ${PRODUCT_NAME}`,
        element: <Welcome name={mail.name} url={link("/dashboard")} unsubscribeUrl={unsubscribePage} />,
      };
    case "operator-test":
      return {
        subject: "A test from the operator console",
        element: <OperatorTest name={mail.name} url={link("/admin/integrations")} />,
      };
    case "receipt":
      return {
        subject: `Your receipt${mail.number ? ` ${mail.number}` : ""}`,
        element: <Receipt {...mail} url={billing} />,
      };
    case "refund":
      return {
        subject: `Your refund of ${formatMoney(mail.amount, mail.currency)}`,
        element: <Refund {...mail} url={billing} />,
      };
    case "payment-failed":
      return {
        subject: "We could not charge your card",
        element: <PaymentFailed {...mail} url={billing} />,
      };
    case "subscription-cancelled":
      return {
        subject: mail.endsAt
          ? `Your ${mail.planName} plan is cancelled`
          : `Your ${mail.planName} plan has ended`,
        element: <SubscriptionCancelled {...mail} url={billing} />,
      };
    default:
      return mail satisfies never;
  }
}

/** Renders before the business transaction begins, so that none waits for a template. */
export async function renderMail(mail: Mail, to: string): Promise<RenderedMail> {
  const category = mail.template;
  const token = isTransactional(category) ? null : unsubscribeToken({ address: normalAddress(to), category });
  const { subject, element } = compose(mail, token === null ? undefined : link("/unsubscribe", { token }));
  const [html, text] = await Promise.all([render(element), render(element, { plainText: true })]);
  // The boot check has refused a process without a sender.
  const frozen = { from: env.EMAIL_FROM ?? "", to, subject, html, text, category };
  return token === null ? frozen : { ...frozen, headers: oneClickHeaders(token) };
}
