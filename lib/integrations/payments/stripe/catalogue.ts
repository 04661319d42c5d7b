import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import {
  BILLING_INTERVALS,
  type BillingInterval,
  isPaidPlanKey,
  type Plan,
  type PlanKey,
  priceKey,
} from "@/lib/billing/plans";
import { AppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import type { StripeClient } from "./client";
import { nullWhenMissing } from "./errors";
import { METADATA } from "./mapping";

const PRODUCT_METADATA = "breakwater_plan";

/** How long (milliseconds) a price is remembered: a changed amount is a new price under the same key. */
const REMEMBERED_MS = 5 * 60 * 1000;

/**
 * Finds a price by its lookup key, and remembers it for a while; for longer while the vendor cannot be asked, for the
 * price that was right a moment ago is a better answer than none. `now` is in milliseconds since the epoch.
 */
export function createPriceResolver(client: Pick<StripeClient, "read">, now: () => number = Date.now) {
  const known = new Map<string, { id: string; until: number }>();
  return async function resolve(plan: PlanKey, interval: BillingInterval): Promise<string> {
    if (!isPaidPlanKey(plan))
      throw new AppError("invalid_input", { userMessage: "This plan costs nothing." });
    const key = priceKey(plan, interval);
    const remembered = known.get(key);
    if (remembered && remembered.until > now()) return remembered.id;
    let price: Stripe.Price | undefined;
    try {
      const prices = await client.read("prices.list", (sdk) =>
        sdk.prices.list({ lookup_keys: [key], active: true, limit: 1 }),
      );
      price = prices.data[0];
    } catch (error) {
      if (remembered && isIntegrationError(error) && error.retryable) return remembered.id;
      throw error;
    }
    if (!price) {
      known.delete(key);
      throw new AppError("unavailable", {
        userMessage: "This plan cannot be bought right now. Please try again later.",
        logMessage: `no price with lookup key "${key}" at the payments vendor: run \`npm run billing:push\``,
      });
    }
    known.set(key, { id: price.id, until: now() + REMEMBERED_MS });
    return price.id;
  };
}

async function ensureProduct(client: StripeClient, plan: Plan): Promise<string> {
  const id = `breakwater_${plan.key}`;
  const known = await nullWhenMissing(client.read("products.retrieve", (sdk) => sdk.products.retrieve(id)));
  if (known) return known.id;
  const metadata = { [PRODUCT_METADATA]: plan.key };
  const product = await client.write("products.create", randomUUID(), (sdk, options) =>
    sdk.products.create({ id, name: plan.name, description: plan.tagline, metadata }, options),
  );
  return product.id;
}

function matches(
  price: Stripe.Price,
  wanted: { amount: number; currency: string; interval: string },
): boolean {
  return (
    price.unit_amount === wanted.amount &&
    price.currency === wanted.currency &&
    price.recurring?.interval === wanted.interval
  );
}

/** Makes products and prices match the catalogue. A changed amount is a new price that takes the lookup key over. */
export async function pushCatalogue(
  client: StripeClient,
  plans: readonly Plan[],
): Promise<{ created: string[]; unchanged: string[] }> {
  const outcome = { created: [] as string[], unchanged: [] as string[] };
  for (const plan of plans) {
    if (!plan.prices || !isPaidPlanKey(plan.key)) continue;
    const product = await ensureProduct(client, plan);
    for (const interval of BILLING_INTERVALS) {
      const { amount, currency } = plan.prices[interval];
      const key = priceKey(plan.key, interval);
      const existing = await client.read("prices.list", (sdk) =>
        sdk.prices.list({ lookup_keys: [key], active: true, limit: 1 }),
      );
      if (existing.data[0] && matches(existing.data[0], { amount, currency, interval })) {
        outcome.unchanged.push(key);
        continue;
      }
      const price: Stripe.PriceCreateParams = {
        product,
        unit_amount: amount,
        currency,
        recurring: { interval },
        lookup_key: key,
        transfer_lookup_key: true,
        metadata: { [METADATA.plan]: plan.key, [METADATA.interval]: interval },
      };
      // A key of this call alone: one made of the amount would bring an old price back for a day.
      await client.write("prices.create", randomUUID(), (sdk, options) => sdk.prices.create(price, options));
      outcome.created.push(key);
    }
  }
  return outcome;
}
