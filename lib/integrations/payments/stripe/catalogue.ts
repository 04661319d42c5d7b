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
import type { StripeClient } from "./client";
import { METADATA } from "./mapping";

const PRODUCT_METADATA = "breakwater_plan";

/** How long (milliseconds) a price is remembered: a changed amount is a new price under the same key. */
const REMEMBERED_MS = 5 * 60 * 1000;

/** Finds a price by its lookup key, and remembers it for a while. */
export function createPriceResolver(client: StripeClient) {
  const known = new Map<string, { id: string; until: number }>();
  return async function resolve(plan: PlanKey, interval: BillingInterval): Promise<string> {
    if (!isPaidPlanKey(plan))
      throw new AppError("invalid_input", { userMessage: "This plan costs nothing." });
    const key = priceKey(plan, interval);
    const remembered = known.get(key);
    if (remembered && remembered.until > Date.now()) return remembered.id;
    const prices = await client.call({ operation: "prices.list", class: "read" }, (sdk) =>
      sdk.prices.list({ lookup_keys: [key], active: true, limit: 1 }),
    );
    const price = prices.data[0];
    if (!price) {
      throw new AppError("unavailable", {
        userMessage: "This plan cannot be bought right now. Please try again later.",
        logMessage: `no price with lookup key "${key}" at the payments vendor: run \`npm run billing:push\``,
      });
    }
    known.set(key, { id: price.id, until: Date.now() + REMEMBERED_MS });
    return price.id;
  };
}

async function ensureProduct(client: StripeClient, plan: Plan): Promise<string> {
  const id = `breakwater_${plan.key}`;
  return client.call({ operation: "products.ensure", class: "background" }, async (sdk) => {
    try {
      return (await sdk.products.retrieve(id)).id;
    } catch (error) {
      if (!(error instanceof Error && "statusCode" in error && error.statusCode === 404)) throw error;
    }
    const product = await sdk.products.create(
      { id, name: plan.name, description: plan.tagline, metadata: { [PRODUCT_METADATA]: plan.key } },
      { idempotencyKey: `product:${id}` },
    );
    return product.id;
  });
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
      const existing = await client.call({ operation: "prices.list", class: "background" }, (sdk) =>
        sdk.prices.list({ lookup_keys: [key], active: true, limit: 1 }),
      );
      if (existing.data[0] && matches(existing.data[0], { amount, currency, interval })) {
        outcome.unchanged.push(key);
        continue;
      }
      await client.call({ operation: "prices.create", class: "background" }, (sdk) =>
        sdk.prices.create({
          product,
          unit_amount: amount,
          currency,
          recurring: { interval },
          lookup_key: key,
          transfer_lookup_key: true,
          metadata: { [METADATA.plan]: plan.key, [METADATA.interval]: interval },
        }),
      );
      outcome.created.push(key);
    }
  }
  return outcome;
}
