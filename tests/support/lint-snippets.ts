/** Lints snippets of code as if they stood at given paths of this repository, under the repository's own rules. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface Snippet {
  /** Relative to the repository, for example "lib/pump/x.ts". */
  path: string;
  code: string;
}

export interface Finding {
  /** For example "noRestrictedImports". */
  rule: string;
  line: number;
  message: string;
}

/** Of what it says: cut off without a word, rules would seem not to bite. */
const MAX_BYTES = 64 * 1024 * 1024;

const REPOSITORY = join(import.meta.dirname, "../..");

/** One run of Biome over all snippets, in a folder of its own; the answer has the findings of each, by index. */
export function lintSnippets(snippets: readonly Snippet[]): Finding[][] {
  const folder = mkdtempSync(join(tmpdir(), "breakwater-lint-"));
  try {
    const {
      $schema: _,
      vcs: _vcs,
      ...rules
    } = JSON.parse(readFileSync(join(REPOSITORY, "biome.json"), "utf8"));
    writeFileSync(join(folder, "biome.json"), JSON.stringify(rules));
    for (const { path, code } of snippets) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), code);
    }
    const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
    const run = spawnSync(
      process.execPath,
      [biome, "lint", "--reporter=github", "--max-diagnostics=none", "."],
      { cwd: folder, encoding: "utf8", maxBuffer: MAX_BYTES },
    );
    const findings = [...run.stdout.matchAll(/^::\w+ title=([^,]+),file=([^,]+),line=(\d+),[^:]*::(.*)$/gm)];
    if (run.status !== 0 && findings.length === 0) {
      throw new Error(`Biome did not lint:\n${run.stdout}\n${run.stderr}`);
    }
    return snippets.map(({ path }) =>
      findings
        .filter(([, , file]) => file?.endsWith(`/${path}`) || file === path)
        .map(([, title = "", , line = "0", message = ""]) => ({
          rule: title.split("/").at(-1) ?? title,
          line: Number(line),
          message,
        })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
