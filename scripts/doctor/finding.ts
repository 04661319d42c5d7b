import { createHash } from "node:crypto";

export type Level = "ok" | "warn" | "fail";

export type Finding = {
  /** Stable, for scripts that read `--json`. */
  id: string;
  group: "installation" | "variables" | "files" | "database" | "machine" | "providers";
  level: Level;
  /** What was found. Never holds a secret. */
  message: string;
  /** The exact command or line that puts it right. Not there when nothing is wrong. */
  fix?: string;
};

/** What every check looks at. */
export type DoctorContext = {
  root: string;
  dataDir: string;
  /** Effective values, without blanks. */
  values: Record<string, string>;
  /** The .env files that were read, the winning one first. */
  files: { path: string; values: Record<string, string> }[];
  fromProcess: ReadonlySet<string>;
  /** Names that .env.example knows. */
  knownNames: string[];
};

export type Check = (context: DoctorContext) => Promise<Finding[]> | Finding[];

/** Tells two values apart without showing either. */
export function fingerprint(secret: string): string {
  return `sha256 ${createHash("sha256").update(secret).digest("hex").slice(0, 8)}`;
}
