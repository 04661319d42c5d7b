// Generates the Prisma client after every install, without downloading Prisma's native engine:
// the client does not need it, and migrations run on the same engine as WebAssembly
// (see docs/decisions/0003-prisma-without-engine-download.md).
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const cli = require.resolve("prisma/build/index.js");
const result = spawnSync(process.execPath, [cli, "generate"], {
  stdio: ["ignore", "ignore", "inherit"],
  env: {
    ...process.env,
    // Naming any existing executable makes `generate` skip the download; nothing runs it.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
    CHECKPOINT_DISABLE: "1",
  },
});
if (result.status !== 0) {
  console.error("prisma generate failed; run `npm run db:generate` to see it again.");
  process.exit(result.status ?? 1);
}
