import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root: scripts work from any folder. */
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** Everything that a run leaves on disk; ignored by git. */
export const DATA_DIR = join(REPOSITORY, ".data");

export const DEFAULT_PORTS = {
  app: 3000,
  stripe: 4010,
  resend: 4011,
  sendgrid: 4012,
  oncall: 4013,
  control: 4019,
  postgres: 5488,
} as const;

export const DATABASE_NAME = "breakwater";
