import { createRequire } from "node:module";
import { REPOSITORY } from "./stack/paths";
import { runScript } from "./stack/run-script";
import { failureOf, inheritedEnvironment, startNode } from "./stack/stack-parts";
import { withDatabase } from "./stack/with-database";

/** Prisma Studio on this clone's database; Ctrl-C ends it (and the embedded database, if it was started for this). */
runScript(() =>
  withDatabase(async ({ url }) => {
    const studio = startNode({
      name: "studio",
      arguments: [createRequire(import.meta.url).resolve("prisma/build/index.js"), "studio"],
      cwd: REPOSITORY,
      env: { ...inheritedEnvironment(), DATABASE_URL: url, DIRECT_URL: url, PRISMA_HIDE_UPDATE_MESSAGE: "1" },
      onLine: (line) => console.log(line),
    });
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        asked = true;
        void studio.stop();
      });
    }
    const { code } = await studio.exited;
    if (!asked) throw failureOf(studio, code, "by itself");
    return 0;
  }),
);
