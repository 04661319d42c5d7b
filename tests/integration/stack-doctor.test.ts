import { describe, expect, it } from "vitest";
import { checkDuplicates, checkUnknownNames } from "@/scripts/doctor/env-files";
import type { Check, DoctorContext, Finding } from "@/scripts/doctor/finding";
import { checkModes, checkSandboxFlags, checkShapes } from "@/scripts/doctor/variables";

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
});
