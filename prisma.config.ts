import { defineConfig } from "prisma/config";

/** Unset for `prisma generate`, which needs no database; empty counts as unset. */
const url = process.env.DIRECT_URL || process.env.DATABASE_URL;

export default defineConfig({
  schema: "prisma/schema",
  migrations: { path: "prisma/migrations" },
  ...(url ? { datasource: { url } } : {}),
});
