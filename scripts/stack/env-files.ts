import { parseEnv } from "node:util";
import nextEnv from "@next/env";

export type EnvironmentFiles = {
  /** The effective values: the process's own, then .env.local, then .env. Blank ones are left out. */
  values: Record<string, string>;
  /** Each file that was read, the winning one first. */
  files: { path: string; values: Record<string, string> }[];
  /** Names that were set by the process that started us, not by a file. */
  fromProcess: ReadonlySet<string>;
};

const silent = { info: () => undefined, error: (...parts: unknown[]) => console.error(...parts) };

/**
 * Reads `.env`, `.env.local` and their variants by Next's own rules, so that scripts and the app see the same.
 * A blank value counts as unset, wherever it stands.
 */
export function loadEnvironmentFiles(root: string, mode: "development" | "production"): EnvironmentFiles {
  // A blank variable of the process would hide the file's value: Next only asks whether it is defined.
  for (const [name, value] of Object.entries(process.env)) {
    if (value?.trim() === "") delete process.env[name];
  }
  const fromProcess = new Set(Object.keys(process.env));
  const { combinedEnv, loadedEnvFiles } = nextEnv.loadEnvConfig(root, mode === "development", silent, true);
  return {
    values: withoutBlanks(combinedEnv),
    // Not its `env`: that lacks what a file before it has set already.
    files: loadedEnvFiles.map(({ path, contents }) => ({ path, values: defined(parseEnv(contents)) })),
    fromProcess,
  };
}

function defined(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function withoutBlanks(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(defined(values)).filter(([, value]) => value.trim() !== ""));
}
