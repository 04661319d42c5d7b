import { invalidRequest } from "../http/api-error";
import { makeBalanceTransaction, makeRefund } from "../objects/make-refund";
import type { Charge, Metadata, Refund } from "../wire";
import type { World } from "../world";
import { formatMoney } from "./money";

export interface RefundRequest {
  charge: Charge;
  /** Minor units; all that is left when null. */
  amount: number | null;
  reason: "duplicate" | "fraudulent" | "requested_by_customer" | null;
  metadata: Metadata;
}

/** @throws ApiError 400 when nothing, or not so much, is left of the charge. */
export function refundCharge(world: World, request: RefundRequest): Refund {
  const { charge } = request;
  const left = charge.amount_captured - charge.amount_refunded;
  if (charge.status !== "succeeded") {
    throw invalidRequest(
      `Charge ${charge.id} has not been captured and cannot be refunded.`,
      "charge_not_refundable",
    );
  }
  if (left === 0)
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, "charge_already_refunded");
  const amount = request.amount ?? left;
  if (amount > left) {
    const words = `(${formatMoney(amount, charge.currency)}) is greater than unrefunded amount on charge (${formatMoney(left, charge.currency)})`;
    throw invalidRequest(`Refund amount ${words}`, undefined, "amount");
  }
  const created = world.nowFor(charge.customer);
  const description = `REFUND FOR CHARGE (${charge.description ?? charge.id})`;
  const transaction = makeBalanceTransaction({
    created,
    amount: -amount,
    currency: charge.currency,
    type: "refund",
    description,
    source: null,
  });
  const refund = makeRefund({ ...request, created, amount, balanceTransaction: transaction.id });
  world.put("balance_transactions", { ...transaction, source: refund.id });
  world.add("refunds", refund, "refund.created");
  const refunded = charge.amount_refunded + amount;
  world.change(
    "charges",
    charge.id,
    {
      amount_refunded: refunded,
      refunded: refunded === charge.amount_captured,
      refunds: { ...charge.refunds, data: [refund, ...charge.refunds.data] },
    },
    "charge.refunded",
  );
  return refund;
}
