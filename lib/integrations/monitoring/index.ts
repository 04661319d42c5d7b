/** The one selector of error monitoring: there is some where an address for it is set. */
import { env } from "@/lib/env";
import { processSingleton } from "@/lib/process-singleton";
import { noMonitoring } from "./none";
import type { Monitoring } from "./port";
import { createSentryMonitoring } from "./sentry/adapter";

export function monitoring(): Monitoring {
  return processSingleton("monitoring", () =>
    env.SENTRY_DSN ? createSentryMonitoring({ dsn: env.SENTRY_DSN }) : noMonitoring,
  );
}
