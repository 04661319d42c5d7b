import type { Price } from "./plans";

/** "$19" or "$19.50"; amounts are minor units (cents). */
export function formatMoney(amount: number, currency: string): string {
  const whole = amount % 100 === 0;
  return new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: whole ? 0 : 2,
  }).format(amount / 100);
}

export function formatPrice(price: Price): string {
  return formatMoney(price.amount, price.currency);
}

const dates = new Intl.DateTimeFormat("en-US", { dateStyle: "long", timeZone: "UTC" });

/** "November 22, 2026", in UTC, so that server and browser agree. */
export function formatDate(iso: string | Date): string {
  return dates.format(new Date(iso));
}
