/**
 * Disputes: begun by a test card or on the sandbox's own page, answered with evidence, decided by what the evidence says.
 * https://docs.stripe.com/disputes/api and https://docs.stripe.com/testing#disputes
 */
import { invalidRequest } from "../http/api-error";
import { type DisputeReason, makeDispute } from "../objects/make-dispute";
import { makeBalanceTransaction } from "../objects/make-refund";
import type { BalanceTransaction, Charge, Dispute, EventType } from "../wire";
import type { World } from "../world";
import { needCard } from "./cards";

/** What the vendor takes for a dispute, in minor units. */
const FEE = 1500;

export interface DisputeRequest {
  reason: DisputeReason;
  isInquiry: boolean;
}

/** @throws ApiError 400 for a charge that has not succeeded, or is disputed already */
export function beginDispute(world: World, charge: Charge, request: DisputeRequest): Dispute {
  if (charge.status !== "succeeded" || charge.disputed || charge.refunded) {
    throw invalidRequest(`Charge ${charge.id} cannot be disputed.`, undefined, "charge");
  }
  const created = world.nowFor(charge.customer);
  const brand = charge.payment_method_details?.card?.brand ?? "visa";
  const dispute = makeDispute({ created, charge, ...request, brand });
  const withdrawn = request.isInquiry ? [] : [withdraw(world, charge, dispute)];
  world.change("charges", charge.id, { disputed: true }, "charge.updated");
  const kept = world.add(
    "disputes",
    { ...dispute, balance_transactions: withdrawn },
    "charge.dispute.created",
  );
  if (withdrawn.length > 0) world.emit("charge.dispute.funds_withdrawn", kept);
  return kept;
}

/** What the owner of a test card for disputes does after each charge. */
export function beginTestedDispute(world: World, chargeId: string): void {
  const charge = world.need("charges", chargeId);
  const { dispute } = needCard(world.get("cards", charge.payment_method ?? "")?.number ?? "");
  if (dispute === null || charge.disputed || charge.refunded) return;
  const isInquiry = dispute === "inquiry";
  beginDispute(world, charge, { reason: isInquiry ? "fraudulent" : dispute, isInquiry });
}

function withdraw(world: World, charge: Charge, { id, amount, created }: Dispute): BalanceTransaction {
  return world.put("balance_transactions", {
    ...makeBalanceTransaction({
      created,
      amount: -amount,
      currency: charge.currency,
      type: "adjustment",
      category: "dispute",
      description: `Chargeback withdrawal for ${charge.id}`,
      source: id,
    }),
    fee: FEE,
    fee_details: [
      {
        amount: FEE,
        application: null,
        currency: charge.currency,
        description: "Dispute fee",
        type: "stripe_fee",
      },
    ],
    net: -amount - FEE,
  });
}

const ANSWERABLE = ["needs_response", "warning_needs_response"];

/**
 * Adds evidence, and hands it in when `submit` says so; the bank decides at once then, though not before this returns.
 * @throws ApiError 400 when it is too late
 */
export function answerDispute(
  world: World,
  dispute: Dispute,
  changes: { evidence: Partial<Dispute["evidence"]>; metadata: Record<string, string>; submits: boolean },
): Dispute {
  const hasNew = Object.keys(changes.evidence).length > 0;
  if ((hasNew || changes.submits) && !ANSWERABLE.includes(dispute.status)) {
    const message = `This dispute is already closed or under review: its status is ${dispute.status}.`;
    throw invalidRequest(message, "dispute_already_submitted");
  }
  const evidence = { ...dispute.evidence, ...changes.evidence };
  const has_evidence = dispute.evidence_details.has_evidence || hasNew;
  const isInquiry = dispute.status === "warning_needs_response";
  const handedIn = changes.submits
    ? {
        status: isInquiry ? ("warning_under_review" as const) : ("under_review" as const),
        evidence_details: {
          ...dispute.evidence_details,
          has_evidence,
          submission_count: dispute.evidence_details.submission_count + 1,
          submission_method: "manual" as const,
        },
      }
    : { evidence_details: { ...dispute.evidence_details, has_evidence } };
  const fields = { evidence, metadata: changes.metadata, ...handedIn };
  const answered = world.change("disputes", dispute.id, fields, "charge.dispute.updated");
  const outcome = outcomeOf(answered);
  if (changes.submits && outcome) {
    world.put("later", { id: dispute.id, at: world.now(), task: "decide_dispute", outcome });
  }
  return answered;
}

/** The documented words; other evidence stays under review. */
function outcomeOf({ evidence }: Dispute): "succeeds" | "fails" | null {
  const words = evidence.uncategorized_text ?? "";
  if (words.includes("winning_evidence")) return "succeeds";
  return words.includes("losing_evidence") ? "fails" : null;
}

/** The bank's word. */
export function decideDispute(world: World, id: string, outcome: "succeeds" | "fails"): void {
  const dispute = world.get("disputes", id);
  if (!dispute || !["under_review", "warning_under_review"].includes(dispute.status)) return;
  if (dispute.status === "warning_under_review") {
    end(world, dispute, { status: "warning_closed" });
    return;
  }
  if (outcome === "fails") {
    end(world, dispute, { status: "lost" });
    return;
  }
  const charge = world.need("charges", dispute.charge);
  const back = world.put(
    "balance_transactions",
    makeBalanceTransaction({
      created: world.nowFor(charge.customer),
      amount: dispute.amount,
      currency: dispute.currency,
      type: "adjustment",
      category: "dispute_reversal",
      description: `Chargeback reversal for ${charge.id}`,
      source: dispute.id,
    }),
  );
  const balance_transactions = [...dispute.balance_transactions, back];
  end(world, dispute, { status: "won", balance_transactions }, "charge.dispute.funds_reinstated");
}

/** Accepting it: the same as losing. @throws ApiError 400 when it is closed already */
export function acceptDispute(world: World, dispute: Dispute): Dispute {
  if (!ANSWERABLE.includes(dispute.status)) {
    const message = "This dispute is already closed";
    throw invalidRequest(message, "dispute_already_closed");
  }
  const isInquiry = dispute.status === "warning_needs_response";
  return end(world, dispute, { status: isInquiry ? "warning_closed" : "lost" });
}

function end(world: World, dispute: Dispute, changes: Partial<Dispute>, ...more: EventType[]): Dispute {
  return world.change(
    "disputes",
    dispute.id,
    changes,
    "charge.dispute.updated",
    "charge.dispute.closed",
    ...more,
  );
}
