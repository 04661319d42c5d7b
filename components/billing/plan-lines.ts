import { FEATURE_NAMES, type Feature, LIMIT_NAMES, type LimitKey, type Plan } from "@/lib/billing/plans";

const LIMIT_KEYS = Object.keys(LIMIT_NAMES) as LimitKey[];

/** "25 projects", "1 member", "Unlimited projects". */
function limitLine(plan: Plan, key: LimitKey): string {
  const limit = plan.limits[key];
  const noun = LIMIT_NAMES[key].toLowerCase();
  if (limit === null) return `Unlimited ${noun}`;
  return `${limit} ${limit === 1 ? noun.replace(/s$/, "") : noun}`;
}

/** A feature that is also counted is said once, with its number. */
function isCounted(feature: Feature): boolean {
  return (LIMIT_KEYS as string[]).includes(feature);
}

/** What a plan gives, a line each: the limits first, then what it switches on. */
export function planLines(plan: Plan): string[] {
  const limits = LIMIT_KEYS.map((key) => limitLine(plan, key));
  const features = plan.features
    .filter((feature) => !isCounted(feature))
    .map((feature) => FEATURE_NAMES[feature]);
  return [...limits, ...features];
}
