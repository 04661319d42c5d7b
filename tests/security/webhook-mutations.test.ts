/** Guards that nothing is stored of what its vendor did not sign as it stands, and that a rotation refuses nothing. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { afterAll, describe, expect, test, vi } from "vitest";
import { startBackend } from "@/tests/support/backend";
import {
  mutated,
  randomFrom,
  SIGNING_VENDORS,
  type SignedWebhook,
  type Signing,
  type SigningVendor,
  signedWebhook,
} from "@/tests/support/signed-webhooks";

vi.mock("next/server", () => ({ after: () => undefined }));

const base64Of = (key: KeyObject, type: "spki" | "pkcs8") =>
  key.export({ format: "der", type }).toString("base64");
const otherPair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const OTHER = {
  secret: "whsec_dGhlIG90aGVyIHNlY3JldCBvZiBhIHJvdGF0aW9u",
  privateKey: base64Of(otherPair.privateKey, "pkcs8"),
  publicKey: base64Of(otherPair.publicKey, "spki"),
};

const backend = await startBackend();
const { receiveWebhook } = await import("@/lib/webhooks/receive");
const { paymentsEventRow } = await import("@/lib/webhooks/payments-event");
const { emailEventRowOf } = await import("@/lib/webhooks/email-event");
const { payments } = await import("@/lib/integrations/payments");
const { emailProvider } = await import("@/lib/integrations/email");
const { verifyStripeWebhook } = await import("@/lib/integrations/payments/stripe/webhook");
const { verifyResendWebhook } = await import("@/lib/integrations/email/resend/webhook");
const { publicKeysOf, verifySendGridWebhook } = await import("@/lib/integrations/email/sendgrid/webhook");

afterAll(() => backend.stop());

function requestOf({ body, headers }: SignedWebhook): Request | null {
  try {
    return new Request("http://localhost/api/webhooks/vendor", {
      method: "POST",
      body: new Uint8Array(body),
      headers: { "content-type": "application/json", ...headers },
    });
  } catch {
    // Not a header that HTTP can carry.
    return null;
  }
}

/** As HTTP carries it: blanks around a header's value are no part of it. */
function isSame(one: SignedWebhook, other: SignedWebhook): boolean {
  const lines = ({ headers }: SignedWebhook) => JSON.stringify([...new Headers(headers)]);
  return one.body.equals(other.body) && lines(one) === lines(other);
}

function receive(vendor: SigningVendor, request: Request): Promise<Response> {
  const nothing = () => undefined;
  if (vendor === "stripe")
    return receiveWebhook(request, vendor, payments().verifyWebhook, paymentsEventRow, nothing);
  const provider = emailProvider(vendor);
  return receiveWebhook(request, vendor, provider.verifyWebhook, emailEventRowOf(provider), nothing);
}

const rows = () => backend.rows("SELECT id FROM webhook_event");

describe("of a webhook that was changed after it was signed", () => {
  // 100,000 in all; a signature by a key pair takes ten times as long to check.
  test.each([
    ["stripe", 45_000],
    ["resend", 45_000],
    ["sendgrid", 10_000],
  ] as const)(
    "nothing is stored: %s, %i times",
    async (vendor, times) => {
      const random = randomFrom(20_261_122);
      const original = signedWebhook(vendor);
      let made = 0;
      let accepted = 0;
      while (made < times) {
        const changed = mutated(original, random);
        const request = requestOf(changed);
        if (!request || isSame(changed, original)) continue;
        made += 1;
        const { status } = await receive(vendor, request);
        if (status !== 400) accepted += 1;
      }
      expect(accepted).toBe(0);
      expect(await rows()).toEqual([]);
      // The one that it all began with is a good one.
      const untouched = requestOf(original);
      expect(untouched && (await receive(vendor, untouched)).status).toBe(200);
      await backend.rows("TRUNCATE webhook_event");
    },
    120_000,
  );
});

interface Generation {
  signing: Signing;
  /** As the environment has it: a secret, or a public key. */
  held: string;
}

function generations(vendor: SigningVendor): { old: Generation; next: Generation } {
  const first = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  if (vendor === "sendgrid") {
    return {
      old: {
        signing: { privateKey: base64Of(first.privateKey, "pkcs8") },
        held: base64Of(first.publicKey, "spki"),
      },
      next: { signing: { privateKey: OTHER.privateKey }, held: OTHER.publicKey },
    };
  }
  const old = "whsec_dGhlIGZpcnN0IHNlY3JldCBvZiBhIHJvdGF0aW9u";
  return {
    old: { signing: { secret: old }, held: old },
    next: { signing: { secret: OTHER.secret }, held: OTHER.secret },
  };
}

function verifies(vendor: SigningVendor, held: readonly string[], signing: Signing): boolean {
  const { body, headers } = signedWebhook(vendor, signing);
  const input = { body, headers: new Headers(headers), now: new Date() };
  switch (vendor) {
    case "stripe":
      return verifyStripeWebhook({ ...input, secrets: held, mode: "sandbox" }).kind === "verified";
    case "resend":
      return verifyResendWebhook({ ...input, secrets: held }).kind === "verified";
    case "sendgrid":
      return verifySendGridWebhook({ ...input, publicKeys: publicKeysOf(held) }).kind === "verified";
    default:
      return vendor satisfies never;
  }
}

describe("a rotation of the secret, as docs/secrets.md has it", () => {
  // The new one is deployed before the vendor is told to use it; the old one goes when nothing signed by it can come.
  test.each(SIGNING_VENDORS)("refuses nothing under load: %s", (vendor) => {
    const { old, next } = generations(vendor);
    const both = [next.held, old.held];
    const steps: { instances: (readonly string[])[]; vendorSigns: Signing[] }[] = [
      { instances: [[old.held], both], vendorSigns: [old.signing] },
      { instances: [both, both], vendorSigns: [old.signing, next.signing] },
      { instances: [both, [next.held]], vendorSigns: [next.signing] },
    ];
    let refused = 0;
    for (const { instances, vendorSigns } of steps) {
      for (let made = 0; made < 200; made += 1) {
        const held = instances[made % instances.length] ?? [];
        const signing = vendorSigns[Math.floor(made / 2) % vendorSigns.length] ?? {};
        if (!verifies(vendor, held, signing)) refused += 1;
      }
    }
    expect(refused).toBe(0);
    // And it is a rotation: in the end the old one counts for nothing.
    expect(verifies(vendor, [next.held], old.signing)).toBe(false);
  });
});
