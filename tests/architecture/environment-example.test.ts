/** Guards .env.example: it names what a person may set, all of it, and nothing that nobody reads. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REPOSITORY, sourceFiles } from "@/tests/support/source-files";

/** Set by the platform or by our own launcher, or only warned about; never set by a person. */
const NOT_FOR_PEOPLE: Record<string, string> = {
  NODE_ENV: "Next",
  NEXT_RUNTIME: "Next",
  VERCEL: "Vercel",
  BREAKWATER_BUILT_FOR_SANDBOX: "next.config.ts",
  BENCH: "npm run bench",
  DEBUG: "the shell",
  NO_COLOR: "the shell",
  PATH: "the shell",
  CLERK_SECRET_KEY: "the launcher says that there is no Clerk adapter yet",
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: "the launcher says that there is no Clerk adapter yet",
};

const example = readFileSync(join(REPOSITORY, ".env.example"), "utf8");
const documented = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name ?? "");

const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name ?? "");

/** What the code reads by name: keys of the two schemas, `process.env.X`, `values.X`, and the names of ports. */
function readVariables(): Set<string> {
  const found = sourceFiles("", /^(lib|scripts|prisma)\/.*\.(ts|mjs)$|^[a-z.-]+\.(ts|mjs)$/).flatMap(
    ({ path, text }) => [
      ...names(text, /\b(?:process\.env|values)\.([A-Z][A-Z0-9_]+)\b/g),
      ...(path === "lib/env.ts" || path === "lib/sandbox/main.ts"
        ? names(text, /^ {2,4}([A-Z][A-Z0-9_]+): (?:z\b|url|list|port|firstSecret|emailProvider)/gm)
        : []),
      ...(path === "scripts/stack/choose-ports.ts" ? names(text, /: "([A-Z][A-Z0-9_]+)"/g) : []),
      ...names(text, /_VARIABLE = "([A-Z][A-Z0-9_]+)"/g),
    ],
  );
  return new Set(found);
}

describe(".env.example", () => {
  const read = readVariables();

  test("the reader of the code finds what it must", () => {
    expect([...read]).toEqual(
      expect.arrayContaining([
        "STRIPE_SECRET_KEY",
        "SANDBOX_STRIPE_PORT",
        "PORT",
        "DIRECT_URL",
        "EMBEDDED_PG_PORT",
      ]),
    );
  });

  test("names every variable that a person may set", () => {
    const missing = [...read].filter((name) => !(name in NOT_FOR_PEOPLE) && !documented.includes(name));
    expect(missing).toEqual([]);
  });

  test("names none that nobody reads", () => {
    expect(documented.filter((name) => !read.has(name))).toEqual([]);
  });

  test("names each once", () => {
    expect(documented).toEqual([...new Set(documented)]);
  });

  test("holds no value that could be somebody's secret", () => {
    const values = [...example.matchAll(/^[A-Z][A-Z0-9_]+=(.*)$/gm)].map(([, value]) => value ?? "");
    expect(values.filter((value) => /^"?((sk|rk|re|whsec|pk)_|SG\.)/.test(value))).toEqual([]);
  });
});
