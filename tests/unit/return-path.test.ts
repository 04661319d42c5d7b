/** Guards against open redirects: where a sign-in leads is a path of this site, whatever a link says. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOME_PATH, safeReturnPath } from "@/lib/auth/return-path";

const SITE = "https://app.example.com";

describe("a path to go back to", () => {
  test.each([
    "/",
    "/billing",
    "/billing?plan=pro&interval=year",
    "/a/b#part",
    "/%2F%2Fevil.example",
    "/a//b",
    "/ä",
  ])("%j is kept", (path) => {
    const kept = safeReturnPath(path);
    expect(new URL(kept, SITE).href).toBe(new URL(path, SITE).href);
  });

  test.each([
    null,
    undefined,
    "",
    "billing",
    "https://evil.example",
    "http:evil.example",
    "HTTPS://evil.example/billing",
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\u0000/evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "/%2e//evil.example",
    "/%2e%2e//evil.example",
    "//app.example.com@evil.example",
    "/billing\u007f",
  ])("%j leads home or stays on this site", (value) => {
    const target = new URL(safeReturnPath(value), SITE);
    expect(target.origin).toBe(SITE);
  });

  test("never leaves the site, whatever is made up", () => {
    const hostile = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            "/",
            "\\",
            "//",
            "..",
            ".",
            "%2e",
            "%2f",
            "%5c",
            "@",
            ":",
            "?",
            "#",
            "\t",
            "\n",
            "\r",
            " ",
          ),
          fc.constantFrom(
            "evil.example",
            "http:",
            "https://",
            "javascript:",
            "user:pass@",
            "[::1]",
            "\u3002",
            "／",
          ),
          fc.string({ maxLength: 4, unit: "binary" }),
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          hostile,
          hostile.map((value) => `/${value}`),
        ),
        (value) => {
          const kept = safeReturnPath(value);
          expect(kept.startsWith("/")).toBe(true);
          // As a Location header, a link, and a form's action are resolved.
          expect(new URL(kept, SITE).origin).toBe(SITE);
          expect(kept.startsWith("//")).toBe(false);
          expect(safeReturnPath(kept)).toBe(kept);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test("is home when there is none", () => {
    expect(safeReturnPath(undefined)).toBe(HOME_PATH);
  });
});
