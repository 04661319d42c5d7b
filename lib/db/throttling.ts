import type { ProviderModeName } from "@/lib/provider-scope";
import type { Effect } from "@/lib/resilience/call";
import { db } from "./client";

export interface ThrottlingView {
  provider: string;
  mode: ProviderModeName;
  effect: Effect;
  /** Calls that the vendor's rate limit turned away, there or already here. */
  limited: number;
  calls: number;
}

/**
 * Where a vendor's rate limit was no passing moment: within the last five minutes at least ten calls and a fifth of
 * them all were turned away, in two minutes or more. What was held back here while the vendor's Retry-After ran counts
 * too: honouring it leaves one refusal at the vendor for all the calls that it holds back.
 */
export async function sustainedThrottling(): Promise<ThrottlingView[]> {
  return db().$queryRaw<ThrottlingView[]>`
    SELECT provider, lower(mode::text) AS mode, lower(effect::text) AS effect,
           SUM(count) FILTER (WHERE limited)::int AS limited, SUM(count)::int AS calls
      FROM (SELECT *, outcome IN ('rate_limited', 'held:throttle') AS limited
              FROM integration_metric
             WHERE resolution = 'MINUTE' AND at > now() - interval '5 minutes'
               AND (outcome NOT LIKE 'held:%' OR outcome = 'held:throttle')) AS metric
     GROUP BY provider, mode, effect
    HAVING SUM(count) FILTER (WHERE limited) >= GREATEST(10, 0.2 * SUM(count))
       AND COUNT(DISTINCT at) FILTER (WHERE limited) >= 2`;
}
