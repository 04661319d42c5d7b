import { describe, expect, it } from "vitest";
import { checkDuplicates, checkUnknownNames } from "@/scripts/doctor/env-files";
import type { Check, DoctorContext, Finding } from "@/scripts/doctor/finding";
import { checkResend, checkSendgrid } from "@/scripts/doctor/providers";
import { checkModes, checkSandboxFlags, checkShapes } from "@/scripts/doctor/variables";

import { SENDGRID_WEBHOOK_PUBLIC_KEY, startVendors } from "@/tests/support/vendors";

/** Of the right form, and no key that any scanner of secrets could take for a real one. */
const SECRET = `sk_test_${"a1".repeat(12)}`;

async function findings(check: Check, context: Partial<DoctorContext>): Promise<Finding[]> {
  const all = await check({
    root: "/nowhere",
    dataDir: "/nowhere/.data",
    values: {},
    files: [],
    fromProcess: new Set(),
    knownNames: [],
    ...context,
  });
  return all.filter(({ level }) => level !== "ok");
}

describe("the doctor", () => {
  it.each([
    ["STRIPE_SECRET_KEY", "sk_test_...", "placeholder"],
    ["STRIPE_SECRET_KEY", "changeme", "placeholder"],
    ["STRIPE_SECRET_KEY", ` ${SECRET}`, "white space"],
    ["STRIPE_SECRET_KEY", `"${SECRET}"`, "quotation marks"],
    ["STRIPE_SECRET_KEY", "pk_test_abcdefghijklmnopqrst", "right form"],
    ["STRIPE_WEBHOOK_SECRET", "abc", "right form"],
    ["DATABASE_URL", "mysql://localhost/x", "right form"],
    ["APP_URL", "app.example.com", "right form"],
    ["EMAIL_FROM", "Acme", "right form"],
    ["EMAIL_FALLBACK_PROVIDER", "postmark", "right form"],
    ["SENDGRID_API_KEY", "re_123", "right form"],
    ["SENDGRID_WEBHOOK_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----", "right form"],
    ["ONCALL_WEBHOOK_SECRET", "short", "right form"],
    ["SENTRY_DSN", "https://o1.ingest.sentry.io/42", "right form"],
    ["PORT", "three thousand", "right form"],
  ])("finds %s=%s wrong (%s), and says what it should be", async (name, value, reason) => {
    const [finding, ...others] = await findings(checkShapes, { values: { [name]: value } });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: `shape:${name}`, level: "fail" });
    expect(finding?.message).toContain(reason);
    expect(finding?.fix).toMatch(new RegExp(`^Set ${name} to `));
  });

  it("finds nothing wrong with values as vendors give them", async () => {
    const values = {
      STRIPE_SECRET_KEY: SECRET,
      STRIPE_WEBHOOK_SECRET: "whsec_abcdefghijklmnopqrst,whsec_ABCDEFGHIJKLMNOPQRST",
      RESEND_API_KEY: "re_123456789_abcdefghijk",
      EMAIL_FALLBACK_PROVIDER: "sendgrid",
      SENDGRID_API_KEY: `SG.${"a1".repeat(11)}.${"b2".repeat(21)}b`,
      SENDGRID_WEBHOOK_PUBLIC_KEY: `${SENDGRID_WEBHOOK_PUBLIC_KEY},${SENDGRID_WEBHOOK_PUBLIC_KEY}`,
      ONCALL_WEBHOOK_URL: "https://hooks.example.com/services/abc",
      SENTRY_DSN: "https://0123abcd@o1.ingest.sentry.io/42",
      DATABASE_URL: "postgresql://user:pass@db.example.com:5432/app?sslmode=require",
      APP_URL: "https://app.example.com",
      EMAIL_FROM: "Acme <hello@acme.com>",
      ADMIN_EMAILS: "a@acme.com, b@acme.com",
    };
    expect(await findings(checkShapes, { values })).toEqual([]);
  });

  it("never prints a secret", async () => {
    const secret = "sk_wrong_averysecretvalue";
    const values = { STRIPE_SECRET_KEY: secret, DATABASE_URL: `mysql://user:${"hunter22"}@db/x` };
    const files = [
      { path: ".env.local", values },
      { path: ".env", values: { ...values, STRIPE_SECRET_KEY: "sk_other_secretvalue" } },
    ];
    const everything = JSON.stringify([
      await findings(checkShapes, { values, files }),
      await findings(checkDuplicates, { values, files }),
    ]);
    for (const part of ["averysecretvalue", "hunter22", "sk_other"]) expect(everything).not.toContain(part);
  });

  it("says which file wins when two differ", async () => {
    const files = [
      { path: ".env.local", values: { PORT: "3001" } },
      { path: ".env", values: { PORT: "3002" } },
    ];
    const [finding] = await findings(checkDuplicates, { files });
    expect(finding?.message).toContain(".env.local wins");
    expect(finding?.fix).toBe("Delete the line PORT=… in .env.");
  });

  it("suggests the nearest name for one that nothing reads", async () => {
    const files = [{ path: ".env.local", values: { STRIPE_SECRT_KEY: "x" } }];
    const [finding] = await findings(checkUnknownNames, { files, knownNames: ["STRIPE_SECRET_KEY"] });
    expect(finding?.fix).toBe("Rename STRIPE_SECRT_KEY to STRIPE_SECRET_KEY in .env.local.");
  });

  it("finds test and live keys mixed", async () => {
    const values = { STRIPE_SECRET_KEY: "sk_live_x", CLERK_SECRET_KEY: "sk_test_x" };
    expect((await findings(checkModes, { values })).map(({ id }) => id)).toEqual(["mode-mix", "live-key"]);
  });

  it("finds the sandbox switched on for a public address, or on Vercel", async () => {
    const wrong: Record<string, string>[] = [
      { SANDBOX: "1", APP_URL: "https://app.example.com" },
      { SANDBOX: "1", VERCEL: "1" },
    ];
    for (const values of wrong) {
      const found = await findings(checkSandboxFlags, { values });
      expect(found.map(({ id, level }) => `${level} ${id}`)).toContain("fail refused:SANDBOX");
    }
  });

  it("finds a vendor's address overridden outside sandbox mode", async () => {
    const values = { STRIPE_API_BASE: "https://evil.example.com" };
    const files = [{ path: ".env", values }];
    const found = await findings(checkSandboxFlags, { values, files });
    expect(found.map(({ id }) => id)).toContain("refused:STRIPE_API_BASE");
  });

  it("finds the second mail vendor to be the first", async () => {
    const found = await findings(checkSandboxFlags, { values: { EMAIL_FALLBACK_PROVIDER: "resend" } });
    expect(found).toMatchObject([{ id: "refused:EMAIL_FALLBACK_PROVIDER", level: "fail" }]);
    expect(found[0]?.fix).toContain("to the other vendor");
  });

  it("asks a mail vendor about its key only where it is the first or the second", async () => {
    const vendors = await startVendors();
    const values = {
      EMAIL_FALLBACK_PROVIDER: "sendgrid",
      SENDGRID_API_KEY: "SG.of.another",
      SENDGRID_BASE_URL: vendors.urls.sendgrid,
    };
    const found = await findings(checkSendgrid, { values });
    expect(found).toMatchObject([{ id: "sendgrid", level: "fail" }]);
    expect(JSON.stringify(found)).not.toContain("SG.of.another");
    expect(await vendors.vendorCallCounts()).toEqual({ sendgrid: 1 });

    expect(await findings(checkSendgrid, { values: { ...values, EMAIL_FALLBACK_PROVIDER: "" } })).toEqual([]);
    const sendgridOnly = { EMAIL_PROVIDER: "sendgrid", RESEND_API_KEY: "re_unused" };
    expect(await findings(checkResend, { values: sendgridOnly })).toEqual([]);
    expect(await vendors.vendorCallCounts()).toEqual({ sendgrid: 1 });
    await vendors.stop();
  });
});
