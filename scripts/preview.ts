import { runForeground } from "./stack/run-foreground";
import { parseCommandLine, runScript } from "./stack/run-script";

const USAGE = "Usage: npm run preview [-- --no-build]";

/** The same as `dev` on a production build, always in sandbox mode. */
runScript(() => {
  const { values } = parseCommandLine(USAGE, { "no-build": { type: "boolean", default: false } });
  return runForeground("preview", { build: !values["no-build"] });
});
