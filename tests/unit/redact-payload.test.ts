/** Guards what operators see of payloads: what is useful stays, and nobody's name, address or card does. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { redactPayload } from "@/app/(admin)/admin/webhooks/_view/redact-payload";

const fixture: unknown = JSON.parse(
  readFileSync(new URL("../fixtures/stripe-object-examples.json", import.meta.url), "utf8"),
);

type Leaf = { path: string[]; value: unknown };

function leaves(value: unknown, path: string[] = []): Leaf[] {
  if (typeof value !== "object" || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** The same shape with every text replaced. */
function withTexts(value: unknown, text: string): unknown {
  if (typeof value === "string") return text;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => withTexts(one, text));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withTexts(inner, text)]));
}

const shown = (payload: unknown) => JSON.stringify(redactPayload(payload));

const SUBSCRIPTION_EVENT = {
  id: "evt_1Pgc6r",
  object: "event",
  api_version: "2026-10-28.endive",
  created: 1_763_800_000,
  type: "customer.subscription.updated",
  livemode: false,
  request: { id: "req_abc", idempotency_key: "1b6bb1b6-0000-4000-8000-000000000001" },
  data: {
    object: {
      id: "sub_1Pgc6r",
      object: "subscription",
      status: "past_due",
      customer: "cus_QXg1o8",
      cancel_at_period_end: false,
      latest_invoice: "in_1Pgc6t",
      currency: "usd",
      metadata: {
        workspace_id: "0196b1d0-0000-7000-8000-000000000001",
        "Ann Example": "ann@example.com",
        nickname: "Ann",
      },
      items: { data: [{ id: "si_1", quantity: 3, price: { id: "price_1", unit_amount: 2_000 } }] },
    },
    previous_attributes: { status: "active" },
  },
};

describe("a redacted payload", () => {
  test("keeps ids, types, states, amounts and moments", () => {
    expect(redactPayload(SUBSCRIPTION_EVENT)).toEqual({
      ...SUBSCRIPTION_EVENT,
      data: {
        ...SUBSCRIPTION_EVENT.data,
        object: {
          ...SUBSCRIPTION_EVENT.data.object,
          metadata: {
            workspace_id: "0196b1d0-0000-7000-8000-000000000001",
            "[hidden key 2]": "[hidden e-mail]",
            "[hidden key 3]": "[hidden]",
          },
        },
      },
    });
  });

  test("shows nothing of a card but its brand and last four digits", () => {
    const card = {
      brand: "visa",
      last4: "4242",
      exp_month: 12,
      exp_year: 2034,
      fingerprint: "AOB934RVNwzk6xtn",
      country: "US",
      funding: "credit",
      name: "Jenny Rosen",
    };
    expect(redactPayload({ object: "payment_method", card })).toEqual({
      object: "payment_method",
      card: {
        ...{ brand: "visa", last4: "4242", exp_month: "[hidden number]", exp_year: "[hidden number]" },
        ...{ fingerprint: "[hidden]", country: "[hidden]", funding: "[hidden]", name: "[hidden]" },
      },
    });
  });

  test("of every example of the vendor's has no name, e-mail, address, phone, link or secret in it", () => {
    const personal =
      /^(name|email|phone|city|line[12]|postal_code|state|country|description|client_secret|fingerprint|message|.*url)$/;
    const text = shown(fixture);
    const found = leaves(fixture).filter(
      ({ path, value }) => typeof value === "string" && value !== "" && personal.test(path.at(-1) ?? ""),
    );
    expect(found.length).toBeGreaterThan(20);
    const redacted = new Map(leaves(redactPayload(fixture)).map(({ path, value }) => [path.join(), value]));
    for (const { path } of found) {
      const after = redacted.get(path.join());
      if (after !== undefined) expect(after, path.join(".")).toMatch(/^\[hidden/);
    }
    for (const part of ["Jenny", "example.com", "Fake Street", "+1555", "_secret_", "San Francisco"]) {
      expect(text).not.toContain(part);
    }
  });

  test.each([
    "Ann Example",
    "ann@example.com",
    "Ann <ann@example.com>",
    "https://pay.example/c/cs_live_secret",
    "12 High Street",
    "+44 20 7946 0000",
    "sk_live_51abc",
    "whsec_abcdef",
    "pi_1_secret_2",
    "1990-01-31",
    "Zoë",
  ])("never has %j in it, whatever the text stands under", (text) => {
    expect(shown(withTexts(fixture, text))).not.toContain(text);
    expect(shown(withTexts(SUBSCRIPTION_EVENT, text))).not.toContain(text);
  });

  test("hides a person's numbers with their texts", () => {
    const text = shown({ individual: { dob: { day: 31, month: 12, year: 1990 }, first_name: "Ann" } });
    expect(text).not.toMatch(/31|12|1990|Ann/);
  });

  test("hides a single word where it may be a name: the vendor's new fields, and what others wrote", () => {
    expect(redactPayload({ display_name: "Ann", metadata: { plan: "Ann", key: "Ann" } })).toEqual({
      display_name: "[hidden]",
      metadata: { plan: "[hidden]", key: "[hidden]" },
    });
  });

  test("of a mail vendor's report keeps what happened to which mail, and not to whom", () => {
    const resend = {
      type: "email.bounced",
      created_at: "2026-11-22T10:00:00.000Z",
      data: {
        email_id: "56761188-7520-42d8-8898-ff6fc54ce618",
        from: "Breakwater <hello@breakwater.example>",
        to: ["ann@example.com"],
        subject: "Your receipt, Ann",
        bounce: { type: "Permanent", subType: "General", message: "ann@example.com does not exist" },
        tags: { key: "0196b1d0-0000-7000-8000-000000000001", who: "ann" },
        headers: [{ name: "List-Unsubscribe", value: "<https://app.example/unsubscribe?token=abc>" }],
      },
    };
    expect(redactPayload(resend)).toEqual({
      type: "email.bounced",
      created_at: "2026-11-22T10:00:00.000Z",
      data: {
        email_id: "56761188-7520-42d8-8898-ff6fc54ce618",
        from: "[hidden e-mail]",
        to: ["[hidden e-mail]"],
        subject: "[hidden]",
        bounce: { type: "Permanent", subType: "General", message: "[hidden e-mail]" },
        tags: { key: "0196b1d0-0000-7000-8000-000000000001", "[hidden key 2]": "[hidden]" },
        headers: [{ name: "[hidden]", value: "[hidden]" }],
      },
    });
    const sendgrid = {
      email: "ann@example.com",
      event: "bounce",
      timestamp: 1_763_800_000,
      sg_event_id: "ZHJvcC0xMDk5NDkxOS1-",
      sg_message_id: "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
      "smtp-id": "<14c5d75ce93.dfd@ismtpd-555>",
      status: "5.1.1",
      reason: "550 no mailbox of Ann here",
      ip: "203.0.113.7",
      useragent: "Mozilla/5.0",
      url: "https://app.example/verify?token=secret",
    };
    expect(shown(sendgrid)).not.toMatch(/ann|203\.0|Mozilla|token|ismtpd/i);
    expect(redactPayload(sendgrid)).toMatchObject({
      ...{ event: "bounce", timestamp: 1_763_800_000, status: "5.1.1" },
      sg_message_id: "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
    });
  });

  test("ends somewhere, however deep or long the payload is", () => {
    let deep: unknown = "Ann Example";
    for (let level = 0; level < 100; level += 1) deep = { data: deep };
    expect(shown(deep)).toContain("[hidden]");
    expect(shown({ items: Array.from({ length: 200 }, () => 1) })).toContain("[150 more]");
  });
});
