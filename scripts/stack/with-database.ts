import { loadEnvironmentFiles } from "./env-files";
import { DATA_DIR, DATABASE_NAME, DEFAULT_PORTS, REPOSITORY } from "./paths";
import { startPostgres } from "./postgres";

export type DatabaseForScript = {
  url: string;
  /** "embedded": the local one of this clone. "DATABASE_URL" or "DIRECT_URL": the variable that named it. */
  source: "embedded" | "DATABASE_URL" | "DIRECT_URL";
};

/**
 * Hands a script the database: DIRECT_URL, else DATABASE_URL, else the embedded one, which is started
 * if `npm run dev` does not run it already, and then stopped again.
 */
export async function withDatabase<T>(work: (database: DatabaseForScript) => Promise<T>): Promise<T> {
  const { values } = loadEnvironmentFiles(REPOSITORY, "development");
  if (values.DIRECT_URL) return work({ url: values.DIRECT_URL, source: "DIRECT_URL" });
  if (values.DATABASE_URL) return work({ url: values.DATABASE_URL, source: "DATABASE_URL" });
  const postgres = await startPostgres({
    dataDir: DATA_DIR,
    port: Number(values.EMBEDDED_PG_PORT ?? DEFAULT_PORTS.postgres),
    database: DATABASE_NAME,
  });
  try {
    return await work({ url: postgres.url, source: "embedded" });
  } finally {
    await postgres.stop();
  }
}
