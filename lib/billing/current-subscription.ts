import { isLive, type SubscriptionView } from "./status";

/**
 * The subscription that counts among all of a workspace's, oldest first: the oldest live one (a later one is a
 * duplicate that is being cancelled), else the newest ended one.
 */
export function currentSubscription<T extends { view: SubscriptionView }>(
  oldestFirst: readonly T[],
): T | null {
  return oldestFirst.find(({ view }) => isLive(view.status)) ?? oldestFirst.at(-1) ?? null;
}

/** Live ones beside the oldest live one: they must not exist. */
export function duplicateSubscriptions<T extends { view: SubscriptionView }>(oldestFirst: readonly T[]): T[] {
  return oldestFirst.filter(({ view }) => isLive(view.status)).slice(1);
}
