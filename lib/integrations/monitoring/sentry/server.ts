/** The SDK on the server. Loaded only where there is somewhere to send to: see ./adapter. */
import * as loaded from "@sentry/nextjs";
import type { AlertReport, ErrorIds } from "../port";
import { permittedEvent } from "./permitted-event";

// Its server half is CommonJS: bundled, its exports are named; in plain Node they all stand on `default`.
const sentry = "default" in loaded ? (loaded.default as typeof loaded) : loaded;

const LEVEL = { warning: "warning", critical: "fatal" } as const;

export interface StartedSentry {
  captureError(error: unknown, ids: ErrorIds): void;
  captureAlert(alert: AlertReport): void;
  flush(milliseconds: number): Promise<boolean>;
}

export function startSentry(dsn: string): StartedSentry {
  sentry.init({
    dsn,
    // Chosen one by one: the default ones read requests, local variables and the console.
    defaultIntegrations: false,
    integrations: [
      sentry.eventFiltersIntegration(),
      sentry.linkedErrorsIntegration(),
      sentry.onUncaughtExceptionIntegration(),
      sentry.onUnhandledRejectionIntegration({ mode: "none" }),
    ],
    beforeSend: permittedEvent,
    beforeBreadcrumb: () => null,
    dataCollection: {
      userInfo: false,
      cookies: false,
      httpHeaders: false,
      httpBodies: [],
      urlQueryParams: false,
      databaseQueryData: false,
      stackFrameVariables: false,
      frameContextLines: 0,
    },
    sendClientReports: false,
    spotlight: false,
    // Spans are lib/tracing-sdk.ts's: it registers no tracer and hooks into no module's loading.
    enableOpenTelemetrySetup: false,
    enableRuntimeChannelInjection: false,
  });

  return {
    captureError: (error, ids) => {
      const { operation, route, method, digest, correlationId, workspaceId, userId } = ids;
      sentry.captureException(error, {
        tags: {
          operation,
          route,
          method,
          digest,
          correlation_id: correlationId ?? undefined,
          workspace_id: workspaceId,
        },
        user: userId ? { id: userId } : undefined,
      });
    },
    captureAlert: ({ severity, cause, title }) => {
      const event = { message: title, level: LEVEL[severity], tags: { cause }, fingerprint: [cause] };
      sentry.captureEvent(event);
    },
    flush: (milliseconds) => sentry.flush(milliseconds),
  };
}
