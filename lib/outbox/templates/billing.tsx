import { formatDate, formatMoney } from "@/lib/billing/format";
import { Layout, Paragraph, PRODUCT_NAME } from "./layout";

const REASON = `You get this because you own a workspace that pays for ${PRODUCT_NAME}.`;

export interface ReceiptProps {
  workspaceName: string;
  number: string | null;
  /** Minor units (cents). */
  total: number;
  currency: string;
  description: string | null;
  /** ISO 8601. */
  paidAt: string;
  url: string;
}

export function Receipt(props: ReceiptProps) {
  const amount = formatMoney(props.total, props.currency);
  return (
    <Layout
      preview={`${amount} paid, thank you.`}
      heading={`Thank you: ${amount} paid`}
      action={{ label: "See your invoices", url: props.url }}
      reason={REASON}
    >
      <Paragraph>
        {props.number ? `Invoice ${props.number}` : "Your invoice"} for {props.workspaceName} was paid on{" "}
        {formatDate(props.paidAt)}.
      </Paragraph>
      {props.description && <Paragraph>{props.description}</Paragraph>}
    </Layout>
  );
}

export interface RefundProps {
  workspaceName: string;
  /** Minor units (cents). */
  amount: number;
  currency: string;
  /** Of the invoice that had been paid; null where there is none. */
  number: string | null;
  url: string;
}

export function Refund(props: RefundProps) {
  const amount = formatMoney(props.amount, props.currency);
  return (
    <Layout
      preview="It goes back to where it came from."
      heading={`We have refunded ${amount}`}
      action={{ label: "See your billing", url: props.url }}
      reason={REASON}
    >
      <Paragraph>
        {amount} of what {props.workspaceName} paid{props.number ? ` on invoice ${props.number}` : ""} goes
        back to the card or account that it came from. It takes five to ten working days until your bank shows
        it.
      </Paragraph>
    </Layout>
  );
}

export interface PaymentFailedProps {
  workspaceName: string;
  total: number;
  currency: string;
  url: string;
}

export function PaymentFailed(props: PaymentFailedProps) {
  const amount = formatMoney(props.total, props.currency);
  return (
    <Layout
      preview="Please check your card."
      heading={`We could not charge ${amount}`}
      action={{ label: "Update your card", url: props.url }}
      reason={REASON}
    >
      <Paragraph>
        The payment for {props.workspaceName} did not go through. Nothing changes for you today; we will try
        again. With another card it is done at once.
      </Paragraph>
    </Layout>
  );
}

export interface SubscriptionCancelledProps {
  workspaceName: string;
  planName: string;
  /** ISO 8601; null when it has ended already. */
  endsAt: string | null;
  url: string;
}

export function SubscriptionCancelled(props: SubscriptionCancelledProps) {
  const when = props.endsAt ? `on ${formatDate(props.endsAt)}` : null;
  return (
    <Layout
      preview={when ? `You keep everything until then.` : "You are on the Free plan now."}
      heading={when ? `Your ${props.planName} plan ends ${when}` : `Your ${props.planName} plan has ended`}
      action={{ label: when ? "Keep the plan" : "See the plans", url: props.url }}
      reason={REASON}
    >
      <Paragraph>
        {when
          ? `${props.workspaceName} keeps everything until then, and is not charged again. Should you change your mind, resume with one click.`
          : `${props.workspaceName} is on the Free plan now and is not charged any more. What you made is kept.`}
      </Paragraph>
    </Layout>
  );
}
