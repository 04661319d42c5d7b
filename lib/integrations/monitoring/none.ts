import type { Monitoring } from "./port";

/** Without a provider the log is all there is, and whoever reports here has written to it. */
export const noMonitoring: Monitoring = {
  configuration: null,
  captureError: () => undefined,
  captureAlert: () => undefined,
  flush: async () => undefined,
};
