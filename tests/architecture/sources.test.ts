/** House rules that no linter knows. */
import { describe, expect, test } from "vitest";
import { sourceFiles } from "@/tests/support/source-files";

const everything = sourceFiles("");
const pathsWhere = (condition: (text: string, path: string) => boolean) =>
  everything.filter(({ text, path }) => condition(text, path)).map(({ path }) => path);

describe("the repository", () => {
  test("is whole: no file points to something outside of it", () => {
    const outside = ["..", "shared"].join("/");
    expect(pathsWhere((text) => text.includes(outside))).toEqual([]);
  });

  test("holds no key of a real account", () => {
    // By their documented shapes; the general scan (secretlint) does not know these.
    const keys = [
      /\b[rs]k_live_[A-Za-z0-9]{16,}/,
      /\b[rs]k_test_[A-Za-z0-9]{40,}/,
      /\bre_[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}/,
      /\bpk_live_[A-Za-z0-9]{16,}/,
      /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
    ];
    expect(pathsWhere((text) => keys.some((key) => key.test(text)))).toEqual([]);
  });

  test("has no note of unfinished work without an issue", () => {
    const note = new RegExp(
      `(?://|/\\*|\\*|#).*\\b(${["TO", "DO"].join("")}|${["FIX", "ME"].join("")})\\b(?!\\(#\\d+\\))`,
    );
    expect(pathsWhere((text, path) => /\.(tsx?|mjs|css|prisma)$/.test(path) && note.test(text))).toEqual([]);
  });

  test("silences neither the compiler nor the linter without a reason", () => {
    const silenced = new RegExp(`@ts-${"ignore"}|@ts-${"nocheck"}|biome-${"ignore"}[^:\\n]*(:\\s*)?$`, "m");
    expect(pathsWhere((text, path) => /\.(tsx?|mjs)$/.test(path) && silenced.test(text))).toEqual([]);
  });
});

describe("lib/use-cases", () => {
  const useCases = everything.filter(({ path }) => /^lib\/use-cases\/.*\.ts$/.test(path));

  test.each(useCases)("$path exports one operation, named after its file", ({ path, text }) => {
    const exported = [...text.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(
      ([, name]) => name,
    );
    const file = path.split("/").at(-1)?.replace(/\.ts$/, "") ?? "";
    expect(exported).toEqual([file.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]);
  });
});

describe("lib/sandbox", () => {
  test("takes only types from the vendors' SDKs: it must not agree with them by running them", () => {
    const sandbox = everything.filter(({ path }) => path.startsWith("lib/sandbox/"));
    const values = sandbox.filter(({ text }) => /^import (?!type )[^;]*from "(stripe|resend)"/m.test(text));
    expect(values.map(({ path }) => path)).toEqual([]);
  });
});

describe("a port", () => {
  const ports = everything.filter(({ path }) => /^lib\/integrations\/[^/]+\/port\.ts$/.test(path));

  test.each(ports)("$path names no vendor and has no value to import", ({ text }) => {
    expect(text).not.toMatch(/\b(stripe|resend|better.?auth|clerk|sendgrid|svix)\b/i);
    expect(text).not.toMatch(/^export (const|function|class|let|enum)/m);
  });
});
