/**
 * What of a vendor's payload may be shown to an operator: ids, types, states, amounts and moments. Texts are left out
 * unless their key is on the list and they look as such a value does; whole parts that are about a person are left out
 * with their numbers too. A vendor's new field is thus hidden until somebody has looked at it.
 */

export type Redacted = null | boolean | number | string | Redacted[] | { [key: string]: Redacted };

/** Stands for a text that is not shown, and says no more of it than its kind. */
const HIDDEN = {
  text: "[hidden]",
  email: "[hidden e-mail]",
  link: "[hidden link]",
  number: "[hidden number]",
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Parts that are about a person, or that anybody may write anything into. Nothing in them is shown but ids of ours. */
const PERSONAL = new Set([
  ...["address", "billing_details", "shipping", "shipping_details", "shipping_address"],
  ...["customer_details", "customer_address", "customer_shipping", "collected_information", "owner", "dob"],
  ...["receipt_details", "individual", "company", "support_address", "tax_ids", "customer_tax_ids"],
  ...["custom_fields", "custom_text", "evidence", "fraud_details", "headers"],
  ...["geo", "location", "device", "ip", "client"],
]);

/** Free for anybody to write into: only ids and words that this app itself has written are shown. */
const FREE = new Set(["metadata", "tags", "unique_args", "custom_args"]);
const OWN_WORDS: Readonly<Record<string, RegExp>> = {
  workspace_id: UUID,
  operation_id: UUID,
  key: UUID,
  plan: /^[a-z]{1,20}$/,
  interval: /^(month|year)$/,
};

/** Numbers that say something of a card, a person or a place. */
const PERSONAL_NUMBERS = new Set([
  ...["exp_month", "exp_year", "phone", "postal_code", "zip", "number", "latitude", "longitude"],
  ...["day", "month", "year", "iin", "cvc", "dynamic_last4", "account_number", "routing_number"],
]);

/** Keys whose texts are ids. */
const ID_KEYS = new Set([
  ...["id", "account", "application", "balance_transaction", "charge", "coupon", "customer", "default_price"],
  ...["default_payment_method", "default_source", "discount", "dispute", "event", "invoice", "invoice_item"],
  ...["latest_charge", "latest_invoice", "on_behalf_of", "parent", "payment", "payment_intent"],
  ...["payment_link", "payment_method", "payment_record", "pending_setup_intent", "plan", "price", "product"],
  ...["promotion_code", "quote", "refund", "schedule", "setup_intent", "source_transfer", "subscription"],
  ...[
    "subscription_item",
    "test_clock",
    "transfer",
    "transfer_group",
    "trace_id",
    "email_id",
    "broadcast_id",
  ],
  ...["message_id", "sg_event_id", "sg_message_id", "template_id", "idempotency_key", "request", "payout"],
]);

/** Keys whose texts are one of a vendor's few words: types, states, reasons, units. */
const WORD_KEYS = new Set([
  ...["object", "type", "status", "currency", "mode", "event", "interval", "brand", "last4", "reason"],
  ...["api_version", "billing_reason", "billing_scheme", "cancellation_reason", "capture_method"],
  ...["collection_method", "confirmation_method", "failure_code", "decline_code", "code", "flow"],
  ...[
    "network_status",
    "risk_level",
    "outcome",
    "payment_status",
    "payment_method_types",
    "proration_behavior",
  ],
  ...["proration_date", "tax_behavior", "tax_exempt", "customer_tax_exempt", "trial_update_behavior"],
  ...["missing_payment_method", "usage", "usage_type", "source_currency", "setup_future_usage", "subtype"],
  ...["subType", "bounce_type", "bounce_classification", "bounceType", "bounceSubType", "diagnosticCode"],
  ...["enabled_events", "category", "behavior", "round", "payment_behavior", "save_default_payment_method"],
  ...["amount_decimal", "unit_amount_decimal", "fx_rate", "allow_redisplay", "aggregate_usage"],
  ...["pricing_type", "meter", "feedback", "ui_mode", "submit_type", "object_type", "attempt_type"],
]);

/** Ids and words have no spaces, no "@" and no slashes; a secret or a key never passes for one. */
const ID = /^[A-Za-z0-9][\w.=+:-]{0,254}$/;
const WORD = /^[A-Za-z0-9][\w.:-]{0,63}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const SECRET = /_secret_|^(sk|rk|whsec|ek|SG)[_.]/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}(:?\d{2})?)?$/;
/** Keys are shown too: in parts of its own making a vendor uses plain ones. */
const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Deeper or longer than any payload that is worth reading. */
const DEEPEST = 16;
const LONGEST_LIST = 50;

interface Surroundings {
  /** The key under which a value stands, of the list that it is in as well. */
  key: string;
  isPersonal: boolean;
  isFree: boolean;
  depth: number;
}

function hiddenText(text: string): string {
  if (text.includes("@")) return HIDDEN.email;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? HIDDEN.link : HIDDEN.text;
}

function redactText(text: string, { key, isPersonal, isFree }: Surroundings): string {
  if (text === "") return "";
  if (isFree) return OWN_WORDS[key]?.test(text) ? text : hiddenText(text);
  if (isPersonal) return hiddenText(text);
  if (MOMENT.test(text)) return text;
  const isShown = (ID_KEYS.has(key) && ID.test(text)) || (WORD_KEYS.has(key) && WORD.test(text));
  return isShown && !SECRET.test(text) && !DAY.test(text) ? text : hiddenText(text);
}

function redactNumber(number: number, { key, isPersonal, isFree }: Surroundings): number | string {
  return isPersonal || isFree || PERSONAL_NUMBERS.has(key) ? HIDDEN.number : number;
}

function redactObject(value: object, around: Surroundings): { [key: string]: Redacted } {
  const entries = Object.entries(value).map(([key, inner], index) => {
    const isFree = around.isFree || FREE.has(key);
    const isPersonal = around.isPersonal || PERSONAL.has(key);
    const isNamed = PLAIN_KEY.test(key) && (!around.isFree || key in OWN_WORDS);
    const below = { key, isFree, isPersonal, depth: around.depth + 1 };
    return [isNamed ? key : `[hidden key ${index + 1}]`, redactValue(inner, below)] as const;
  });
  return Object.fromEntries(entries);
}

function redactValue(value: unknown, around: Surroundings): Redacted {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return redactNumber(value, around);
  if (typeof value === "string") return redactText(value, around);
  if (typeof value !== "object" || around.depth > DEEPEST) return HIDDEN.text;
  if (!Array.isArray(value)) return redactObject(value, around);
  const shown = value
    .slice(0, LONGEST_LIST)
    .map((one) => redactValue(one, { ...around, depth: around.depth + 1 }));
  return value.length > LONGEST_LIST ? [...shown, `[${value.length - LONGEST_LIST} more]`] : shown;
}

/** A payload without what is personal or secret in it; what is left has the payload's shape. */
export function redactPayload(payload: unknown): Redacted {
  return redactValue(payload, { key: "", isPersonal: false, isFree: false, depth: 0 });
}
