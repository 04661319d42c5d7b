import { isLive, type SubscriptionView } from "./status";

/**
 * The subscription that counts among all of a workspace's, oldest first: the oldest live one that gives a plan, else the
 * oldest live one (an add-on gives none), else the newest ended one.
 */
export function currentSubscription<T extends { view: SubscriptionView }>(
  oldestFirst: readonly T[],
): T | null {
  const live = oldestFirst.filter(({ view }) => isLive(view.status));
  return live.find(({ view }) => view.planKey !== null) ?? live[0] ?? oldestFirst.at(-1) ?? null;
}

/** Live ones beside the one that counts. */
export function duplicateSubscriptions<T extends { view: SubscriptionView }>(oldestFirst: readonly T[]): T[] {
  const kept = currentSubscription(oldestFirst);
  return oldestFirst.filter((one) => one !== kept && isLive(one.view.status));
}
