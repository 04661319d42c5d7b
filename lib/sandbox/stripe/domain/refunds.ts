/** Refunds: done at once, or by the bank a little later. https://docs.stripe.com/refunds */
import { invalidRequest } from "../http/api-error";
import { makeBalanceTransaction, makeRefund } from "../objects/make-refund";
import type { Charge, Metadata, Refund } from "../wire";
import type { World } from "../world";
import { needCard } from "./cards";
import { formatMoney } from "./money";

export interface RefundRequest {
  charge: Charge;
  /** Minor units; all that is left when null. */
  amount: number | null;
  reason: "duplicate" | "fraudulent" | "requested_by_customer" | null;
  metadata: Metadata;
}

/** Seconds until the bank has answered, where it does not at once. */
const ANSWERED_AFTER = 3;

/** @throws ApiError 400 when nothing, or not so much, is left of the charge, or its owner disputes it. */
export function refundCharge(world: World, request: RefundRequest): Refund {
  const { charge } = request;
  const amount = refundable(world, charge, request.amount);
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
  const behavior = needCard(world.get("cards", charge.payment_method ?? "")?.number ?? "").refund;
  const isPending = behavior === "pending";
  const refund = makeRefund({ ...request, created, amount, isPending, balanceTransaction: transaction.id });
  world.put("balance_transactions", { ...transaction, source: refund.id });
  world.add("refunds", refund, "refund.created");
  if (behavior !== "done") {
    const outcome = isPending ? "succeeds" : "fails";
    world.put("later", { id: refund.id, at: world.now() + ANSWERED_AFTER, task: "refund", outcome });
  }
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

/** How much is given back. */
function refundable(world: World, charge: Charge, wanted: number | null): number {
  if (charge.status !== "succeeded") {
    throw invalidRequest(
      `Charge ${charge.id} has not been captured and cannot be refunded.`,
      "charge_not_refundable",
    );
  }
  const dispute = world.list("disputes").find((row) => row.charge === charge.id);
  if (dispute && !dispute.is_charge_refundable && dispute.status !== "won") {
    throw invalidRequest(
      `Charge ${charge.id} has been charged back; cannot issue a refund.`,
      "charge_disputed",
    );
  }
  const left = charge.amount_captured - charge.amount_refunded;
  if (left === 0)
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, "charge_already_refunded");
  const amount = wanted ?? left;
  if (amount > left) {
    const words = `(${formatMoney(amount, charge.currency)}) is greater than unrefunded amount on charge (${formatMoney(left, charge.currency)})`;
    throw invalidRequest(`Refund amount ${words}`, undefined, "amount");
  }
  return amount;
}

/** Changes a refund and the copy of it that its charge shows. */
export function changeRefund(world: World, id: string, changes: Partial<Refund>): Refund {
  const refund = world.change("refunds", id, changes, "refund.updated", "charge.refund.updated");
  const charge = refund.charge ? world.get("charges", refund.charge) : undefined;
  if (charge) {
    const data = charge.refunds.data.map((row) => (row.id === id ? refund : row));
    world.change("charges", charge.id, { refunds: { ...charge.refunds, data } });
  }
  return refund;
}

/** The bank's answer. */
export function settleRefund(world: World, id: string, outcome: "succeeds" | "fails"): void {
  const refund = world.get("refunds", id);
  if (!refund || !["pending", "succeeded"].includes(refund.status ?? "")) return;
  if (outcome === "succeeds") changeRefund(world, id, { status: "succeeded" });
  else takeBack(world, refund);
}

/** The bank could not take the money: it is the account's again, and the charge counts as not refunded. */
function takeBack(world: World, refund: Refund): void {
  const charge = world.need("charges", refund.charge ?? "");
  const back = world.put(
    "balance_transactions",
    makeBalanceTransaction({
      created: world.nowFor(charge.customer),
      amount: refund.amount,
      currency: refund.currency,
      type: "refund_failure",
      description: `REFUND FAILURE FOR CHARGE (${charge.description ?? charge.id})`,
      source: refund.id,
    }),
  );
  const failed = changeRefund(world, refund.id, {
    status: "failed",
    failure_reason: "expired_or_canceled_card",
    failure_balance_transaction: back.id,
  });
  world.emit("refund.failed", failed);
  const changes = { amount_refunded: charge.amount_refunded - refund.amount, refunded: false };
  world.change("charges", charge.id, changes, "charge.updated");
}
