import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";

async function withSecret(secret: string) {
  vi.resetModules();
  vi.stubEnv("BETTER_AUTH_SECRET", secret);
  const loaded = await import("@/lib/outbox/secret-payload");
  return loaded;
}

const { open, seal } = await withSecret("a secret of the tests, long enough to be one");

describe("a sealed text", () => {
  test("opens to what it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(open(seal(text))).toBe(text);
      }),
    );
  });

  test("is never the same twice, and gives nothing of its words away", () => {
    const text = "https://app.example.com/reset-password?token=very-secret";
    const [first, second] = [Buffer.from(seal(text)), Buffer.from(seal(text))];
    expect(first.equals(second)).toBe(false);
    expect(first.toString("latin1")).not.toContain("very-secret");
  });

  test("that was changed in any byte, cut or extended, does not open", () => {
    const sealed = seal("a mail with a link");
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
        const changed = Uint8Array.from(sealed);
        changed[index] = (changed[index] ?? 0) ^ flip;
        expect(() => open(changed)).toThrow();
      }),
    );
    for (const changed of [
      sealed.slice(0, -1),
      sealed.slice(0, 20),
      new Uint8Array(0),
      Buffer.concat([sealed, sealed]),
    ]) {
      expect(() => open(changed)).toThrow();
    }
  });

  test("does not open with another secret", async () => {
    const sealed = seal("a mail with a link");
    const other = await withSecret("another secret of the tests, just as long");
    expect(() => other.open(sealed)).toThrow();
  });

  test("cannot be made without a secret", async () => {
    const without = await withSecret("");
    expect(() => without.seal("x")).toThrow("BETTER_AUTH_SECRET");
  });
});
