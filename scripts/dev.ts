import { runForeground } from "./stack/run-foreground";

/** The whole product on this machine, with hot reload: database, sandboxes, app. */
runForeground("dev", { build: false });
