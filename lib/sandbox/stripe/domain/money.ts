import type { Price } from "../wire";

/** Minor units for `quantity` of a price, rounded half up as the vendor does for decimal prices. */
export function amountOf(price: Price, quantity: number): number {
  return Math.round(Number(price.unit_amount_decimal ?? 0) * quantity);
}

/** `$20.00`. Minor units in; currencies without decimals are left whole. */
export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency: currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}

/** `$20.00 / month`, `$90.00 every 3 months`. */
export function formatPrice(price: Price): string {
  const amount = formatMoney(amountOf(price, 1), price.currency);
  if (!price.recurring) return amount;
  const { interval, interval_count: count } = price.recurring;
  return count === 1 ? `${amount} / ${interval}` : `${amount} every ${count} ${interval}s`;
}

/** `22 Nov 2026`, UTC. */
export function formatDate(unixSeconds: number): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  return format.format(unixSeconds * 1000);
}
