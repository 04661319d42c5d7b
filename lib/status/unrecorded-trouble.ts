/** What is the matter with a capability now and nobody writes down since when, so that no bar shows it. Pure. */
import type { CapabilityId, ServiceLevel } from "./capabilities";
import type { Provider, StatusFacts } from "./facts";
import { MAIL_PATIENCE_MS, notClosed } from "./trouble";

type Effect = "read" | "write";

/** The answer to a key that is no key (any more). A 403 is about one thing that the key may not do. */
const UNAUTHORIZED = 401;

/** Whoever is told that nothing can be paid does not try: without an end, a key that is good again would go unnoticed. */
const REFUSAL_SHOWN_MS = 15 * 60_000;

/** Whether a vendor asks to be left alone for the moment: what is asked of it waits. */
function isThrottled({ circuits, now }: StatusFacts, of: Provider, effects: readonly Effect[]): boolean {
  return circuits.some(
    (one) =>
      one.provider === of.provider &&
      one.mode === of.mode &&
      effects.includes(one.effect) &&
      one.throttledUntil !== null &&
      one.throttledUntil > now,
  );
}

/**
 * For how long at least a vendor has been refusing our key for such calls, in milliseconds: from the last one that
 * succeeded until the last one that was refused. Breakers say nothing of it, for the vendor is well. A key that is
 * refused as such is refused for reads and writes, and good again as soon as either succeeds. Null for a good key, and for
 * one that nothing was asked with lately.
 */
function keyRefusedMs({ seen, now }: StatusFacts, of: Provider, effect: Effect): number | null {
  const ours = seen.filter(({ provider, mode }) => provider === of.provider && mode === of.mode);
  const refused = ours.flatMap(({ effect: failed, lastFailure }) => {
    if (lastFailure?.kind !== "credentials_rejected") return [];
    if (now.getTime() - lastFailure.at.getTime() > REFUSAL_SHOWN_MS) return [];
    const isWholeKey = lastFailure.status === UNAUTHORIZED;
    if (failed !== effect && !isWholeKey) return [];
    const successes = ours
      .filter((one) => isWholeKey || one.effect === effect)
      .map(({ lastSuccessAt }) => lastSuccessAt?.getTime() ?? Number.NEGATIVE_INFINITY);
    const sinceSuccess = lastFailure.at.getTime() - Math.max(...successes);
    return sinceSuccess > 0 ? [sinceSuccess] : [];
  });
  return refused.length === 0 ? null : Math.max(...refused);
}

function paymentsLevel(facts: StatusFacts): ServiceLevel {
  const { payments } = facts.providers;
  if (keyRefusedMs(facts, payments, "write") !== null) return "down";
  const isLimited =
    keyRefusedMs(facts, payments, "read") !== null || isThrottled(facts, payments, ["read", "write"]);
  return isLimited ? "degraded" : "operational";
}

/**
 * As long as people wait for a mail, one that cannot be sent is late: the next try or another provider may yet send it.
 */
function cannotSend(facts: StatusFacts, of: Provider): boolean {
  const refusedMs = keyRefusedMs(facts, of, "write");
  if (refusedMs !== null) return refusedMs > MAIL_PATIENCE_MS;
  const away = notClosed(facts, of, "write", 0).at(-1);
  return away?.to === Number.POSITIVE_INFINITY && facts.now.getTime() - away.from > MAIL_PATIENCE_MS;
}

/** Of the mail vendor nothing is read but to probe it. */
function emailLevel(facts: StatusFacts): ServiceLevel {
  const { email } = facts.providers;
  if (email.every((provider) => cannotSend(facts, provider))) return "down";
  const isLimited =
    keyRefusedMs(facts, email[0], "write") !== null || isThrottled(facts, email[0], ["write"]);
  return isLimited ? "degraded" : "operational";
}

export function unrecordedLevel(capability: CapabilityId, facts: StatusFacts): ServiceLevel {
  switch (capability) {
    case "app":
    case "sign-in":
      return "operational";
    case "payments":
      return paymentsLevel(facts);
    case "email":
      return emailLevel(facts);
    default:
      return capability satisfies never;
  }
}
