/** What our copy says otherwise than the vendor. Pure. */
import type { SubscriptionSnapshot } from "@/lib/integrations/payments/port";

/**
 * What a copy keeps of a subscription. Not compared: the card, which a list does not show, and what only leads to the
 * copy's owner.
 */
const COMPARED = [
  "status",
  "planKey",
  "interval",
  "quantity",
  "unitAmount",
  "currency",
  "currentPeriodStart",
  "currentPeriodEnd",
  "cancelAtPeriodEnd",
  "cancelAt",
  "canceledAt",
  "endedAt",
  "trialEndsAt",
  "startedAt",
] as const satisfies readonly (keyof SubscriptionSnapshot)[];

export type ComparedField = (typeof COMPARED)[number];
export type Comparable = Pick<SubscriptionSnapshot, ComparedField>;

const plain = (value: Comparable[ComparedField]) => (value instanceof Date ? value.getTime() : value);

/** The fields in which a copy differs from what the vendor says; none for one that is right. */
export function differingFields(listed: Comparable, copy: Comparable): ComparedField[] {
  return COMPARED.filter((field) => plain(listed[field]) !== plain(copy[field]));
}

/**
 * How a listed subscription stands to our copy of it. "newer": the copy was read after the list was, so that the list
 * says nothing of it.
 * @param fence taken before the list was read
 */
export function subscriptionVerdict(
  listed: Comparable,
  copy: (Comparable & { fence: bigint }) | undefined,
  fence: bigint,
): "same" | "newer" | "differs" | "missing" {
  if (!copy) return "missing";
  if (copy.fence > fence) return "newer";
  return differingFields(listed, copy).length === 0 ? "same" : "differs";
}

/**
 * Whether so many of our live copies are missing from the vendor's list that the list itself is to be doubted: the key
 * of another account lists nothing of ours, and whoever believed it would end every subscription, be it the only one.
 */
export function isImplausible(counts: { unlisted: number; listed: number }): boolean {
  const { unlisted, listed } = counts;
  if (listed === 0) return unlisted > 0;
  return unlisted > 10 && unlisted > listed / 10;
}
