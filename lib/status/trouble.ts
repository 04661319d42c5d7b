/** From the circuits of vendors to the times at which a capability was not all there. Pure. */
import type { CapabilityId } from "./capabilities";
import type { Provider, StatusFacts } from "./facts";
import { type Interval, intersection } from "./intervals";

/** When a capability was degraded, and when it was down; where both, it was down. */
export interface Trouble {
  degraded: Interval[];
  down: Interval[];
}

/**
 * So long nobody notices more than "a little later". Then whoever waits for a link in a mail has given up, and mail
 * counts as down, although nothing is lost: it waits in the outbox.
 */
export const MAIL_PATIENCE_MS = 30 * 60 * 1000;

/**
 * When a circuit was not closed, since `from`. Half open counts as open: one probe says nothing to the many who wait.
 * Steps and state were read a moment apart; where they differ, the state is the newer.
 */
export function notClosed(
  facts: StatusFacts,
  of: Provider,
  effect: "read" | "write",
  from: number,
): Interval[] {
  const isOurs = (one: Provider & { effect: string }) =>
    one.provider === of.provider && one.mode === of.mode && one.effect === effect;
  const steps = facts.steps.filter(isOurs);
  const circuit = facts.circuits.find(isOurs);
  const intervals: Interval[] = [];
  let since = steps[0] && steps[0].from !== "closed" ? from : null;
  for (const { to, at } of steps) {
    if (to !== "closed") since ??= at.getTime();
    else if (since !== null) {
      intervals.push({ from: since, to: at.getTime() });
      since = null;
    }
  }
  if (circuit && circuit.state !== "closed") {
    intervals.push({ from: since ?? Math.max(from, circuit.since.getTime()), to: Number.POSITIVE_INFINITY });
  } else if (since !== null) {
    intervals.push({ from: since, to: (circuit?.since ?? facts.now).getTime() });
  }
  return intervals;
}

/**
 * Without writes nobody can pay or change a plan. Without reads some of it fails and the rest is shown late, but a
 * payment page that is open can be paid.
 */
function paymentsTrouble(facts: StatusFacts, from: number): Trouble {
  const { payments } = facts.providers;
  return {
    down: notClosed(facts, payments, "write", from),
    degraded: notClosed(facts, payments, "read", from),
  };
}

/**
 * Mail is late as soon as the first provider cannot send, with or without a second one to take over; it is down where
 * none could for longer than people wait.
 */
function emailTrouble(facts: StatusFacts, from: number): Trouble {
  const [first, ...others] = facts.providers.email;
  const degraded = notClosed(facts, first, "write", from);
  const unsendable = others.reduce(
    (so, provider) => intersection(so, notClosed(facts, provider, "write", from)),
    degraded,
  );
  const down = unsendable
    .map((one) => ({ from: one.from + MAIL_PATIENCE_MS, to: one.to }))
    .filter((one) => one.from < Math.min(one.to, facts.now.getTime()));
  return { degraded, down };
}

/**
 * Since `from` (milliseconds); null for a capability that no vendor serves: it works where this can be asked at all, and
 * nobody writes down when it could not.
 */
export function troubleOf(capability: CapabilityId, facts: StatusFacts, from: number): Trouble | null {
  switch (capability) {
    case "app":
    case "sign-in":
      return null;
    case "payments":
      return paymentsTrouble(facts, from);
    case "email":
      return emailTrouble(facts, from);
    default:
      return capability satisfies never;
  }
}
