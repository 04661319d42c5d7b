import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** The folder that this clone is in. */
export const REPOSITORY = join(import.meta.dirname, "../..");

/** What is downloaded, generated or private to this machine. */
const NOT_OURS = new Set([
  "node_modules",
  ".next",
  ".data",
  ".git",
  ".vercel",
  "coverage",
  "generated",
  "next-env.d.ts",
]);

export interface SourceFile {
  /** Relative to the repository, with "/". */
  path: string;
  text: string;
}

/** Every file of the repository below a folder ("" for all) whose path matches; binary ones by their bytes as Latin-1. */
export function sourceFiles(folder: string, pattern: RegExp = /./): SourceFile[] {
  const found: SourceFile[] = [];
  const walk = (directory: string) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name) || (entry.name.startsWith(".env") && entry.name !== ".env.example"))
        continue;
      const file = join(directory, entry.name);
      if (entry.isDirectory()) walk(file);
      else if (entry.isFile()) {
        const path = relative(REPOSITORY, file).split(sep).join("/");
        if (pattern.test(path)) found.push({ path, text: readFileSync(file, "latin1") });
      }
    }
  };
  walk(join(REPOSITORY, folder));
  return found.sort((a, b) => a.path.localeCompare(b.path));
}
