/** The card fields of the hosted pages: what is shown, and what a person's input means. */
import { html } from "hono/html";
import { field, type Markup } from "@/lib/sandbox/ui/page";
import { findCardByNumber, OFFERED_CARDS, passesLuhn, TEST_ACCOUNTS, type TestCard } from "../domain/cards";

export interface CardFormValues {
  email?: string;
  number: string;
  expiry: string;
  cvc: string;
  name: string;
}

export type CardFormErrors = Partial<Record<keyof CardFormValues, string>>;

export interface ReadCard {
  card: TestCard;
  expMonth: number;
  expYear: number;
  name: string;
  email: string;
}

export type CardFormResult =
  | { ok: true; payment: ReadCard }
  | { ok: false; errors: CardFormErrors; values: CardFormValues };

/** Reads a posted form; a `card` field is a click on a test card, which fills in the rest. */
export function readCardForm(form: URLSearchParams, nowMs: number, asksEmail: boolean): CardFormResult {
  const clicked = findCardByNumber(form.get("card") ?? form.get("account") ?? "");
  const year = new Date(nowMs).getUTCFullYear();
  const typed = (name: string, fallback: string) => form.get(name)?.trim() || (clicked ? fallback : "");
  const values: CardFormValues = {
    email: asksEmail ? typed("email", "test.person@example.com") : undefined,
    number: clicked?.number ?? (form.get("number") ?? "").replaceAll(/[\s-]/g, ""),
    expiry: clicked ? `12 / ${String(year + 2).slice(-2)}` : typed("expiry", ""),
    cvc: clicked ? "123" : typed("cvc", ""),
    name: typed("name", "Test Person"),
  };
  const expiry = readExpiry(values.expiry, nowMs);
  const number = clicked ? { card: clicked } : readNumber(values.number);
  const errors: CardFormErrors = {
    ...(asksEmail && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(values.email ?? "")
      ? { email: "Enter an e-mail address, such as name@example.com." }
      : {}),
    ...("problem" in number ? { number: number.problem } : {}),
    ...("problem" in expiry ? { expiry: expiry.problem } : {}),
    ...(/^\d{3,4}$/.test(values.cvc) ? {} : { cvc: "Enter the 3 digits on the back of the card." }),
    ...(values.name ? {} : { name: "Enter the name on the card." }),
  };
  if ("problem" in number || "problem" in expiry || Object.keys(errors).length > 0) {
    // What is no test card may be somebody's real one: it is not sent back.
    const echoed = "card" in number ? values.number : "";
    return { ok: false, errors, values: { ...values, number: echoed, cvc: "" } };
  }
  return { ok: true, payment: { ...number, ...expiry, name: values.name, email: values.email ?? "" } };
}

function readNumber(number: string): { card: TestCard } | { problem: string } {
  if (!number) return { problem: "Enter a card number." };
  if (!/^\d{12,19}$/.test(number)) return { problem: "A card number has 12 to 19 digits." };
  if (!passesLuhn(number)) return { problem: "This card number is not valid. Check its digits." };
  const card = findCardByNumber(number);
  return card && !card.debit
    ? { card }
    : { problem: "This sandbox takes test cards only. Use one of the cards offered here." };
}

function readExpiry(
  text: string,
  nowMs: number,
): { expMonth: number; expYear: number } | { problem: string } {
  const match = /^(\d{1,2})\s*\/?\s*(\d{4}|\d{2})$/.exec(text);
  const month = Number(match?.[1]);
  if (!match?.[2] || month < 1 || month > 12) return { problem: "Enter the month and year as MM / YY." };
  const year = match[2].length === 2 ? 2000 + Number(match[2]) : Number(match[2]);
  const now = new Date(nowMs);
  const isPast =
    year < now.getUTCFullYear() || (year === now.getUTCFullYear() && month < now.getUTCMonth() + 1);
  if (isPast) return { problem: "This card has expired." };
  if (year > now.getUTCFullYear() + 50) return { problem: "This year is too far off." };
  return { expMonth: month, expYear: year };
}

export function cardFields(values: CardFormValues, errors: CardFormErrors): Markup {
  return html`${
    values.email === undefined
      ? ""
      : field({
          name: "email",
          label: "E-mail",
          type: "email",
          value: values.email,
          error: errors.email,
          autocomplete: "email",
          inputmode: "email",
          required: true,
        })
  }
${field({
  name: "number",
  label: "Card number",
  value: values.number,
  error: errors.number,
  autocomplete: "cc-number",
  inputmode: "numeric",
  placeholder: "1234 1234 1234 1234",
  required: true,
})}
<div class="field-pair">
${field({
  name: "expiry",
  label: "Expiry",
  value: values.expiry,
  error: errors.expiry,
  autocomplete: "cc-exp",
  inputmode: "numeric",
  placeholder: "MM / YY",
  required: true,
})}
${field({
  name: "cvc",
  label: "CVC",
  value: values.cvc,
  error: errors.cvc,
  autocomplete: "cc-csc",
  inputmode: "numeric",
  placeholder: "123",
  required: true,
})}
</div>
${field({
  name: "name",
  label: "Name on card",
  value: values.name,
  error: errors.name,
  autocomplete: "cc-name",
  required: true,
})}`;
}

/** Buttons that pay with (or, with JavaScript, fill in) a test card. */
export function testCardButtons(): Markup {
  return html`<h2>Test cards</h2>
<p class="small muted">Click one to use it. Real cards are refused here.</p>
<ul class="plain-list">
${OFFERED_CARDS.map(
  (card) => html`<li>
<button class="block test-card" type="submit" name="card" value="${card.number}" formnovalidate>
<span class="mono">${card.number.replaceAll(/(\d{4})(?=\d)/g, "$1 ")}</span>
<span class="small">${card.label}</span>
</button>
</li>`,
)}
</ul>
<h2 class="below">Bank debit</h2>
<p class="small muted">The bank decides a few seconds later.</p>
<ul class="plain-list">
${TEST_ACCOUNTS.map(
  (account) => html`<li>
<button class="block test-card" type="submit" name="account" value="${account.number}" formnovalidate>
<span class="mono">${account.number}</span>
<span class="small">${account.label}</span>
</button>
</li>`,
)}
</ul>`;
}

/** Styles of the above, put into the page that shows it. */
export const CARD_FORM_STYLES = `<style>
.plain-list { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
.below { margin-top: 16px; }
button.test-card { flex-direction: column; align-items: flex-start; gap: 0; text-align: left; font-weight: 400; }
</style>`;

/** With JavaScript a test card fills the form instead of sending it, so that one sees what happens. */
export const FILL_CARD_SCRIPT = `
const form = document.querySelector("form[data-card-form]");
for (const button of form?.querySelectorAll("button[name=card]") ?? []) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const year = String(new Date().getFullYear() + 2).slice(-2);
    const values = { number: button.value.replace(/(\\d{4})(?=\\d)/g, "$1 "), expiry: "12 / " + year, cvc: "123" };
    for (const [name, value] of Object.entries(values)) form.elements.namedItem(name).value = value;
    const name = form.elements.namedItem("name");
    if (name.value === "") name.value = "Test Person";
    form.querySelector("button.primary").focus();
  });
}
form?.addEventListener("submit", () => {
  // A second click while the first is under way would only meet the same session.
  setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
});
form?.querySelector("[aria-invalid=true]")?.focus();
window.addEventListener("pageshow", () => {
  for (const button of form?.querySelectorAll("button") ?? []) button.disabled = false;
});
`;
