/** What watches this process from outside. Each part is loaded only where there is somewhere to send to. */
import { redactConsole } from "@/lib/console-redaction";
import { CORRELATION_HEADER, correlationIdFrom } from "@/lib/correlation-id";
import { env } from "@/lib/env";
import { monitoring } from "@/lib/integrations/monitoring";
import { errorFields, logger } from "@/lib/logger";

/** Never throws: a process that cannot be watched still serves. */
export async function observe(): Promise<void> {
  if (env.NODE_ENV === "production") redactConsole();
  monitoring();
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return;
  try {
    const { startTracing } = await import("@/lib/tracing-sdk");
    startTracing();
  } catch (error) {
    logger.error(errorFields(error), "tracing could not be started");
  }
}

interface FailedRequest {
  method: string;
  headers: NodeJS.Dict<string | string[]>;
}

const reported = new WeakSet<Error>();

/** Of the request neither address nor headers are told, but for the id that follows it. */
export function reportRequestError(error: unknown, request: FailedRequest, route: string): void {
  if (error instanceof Error) {
    // An error of a page passes here twice: where its data is made, and where its HTML is.
    if (reported.has(error)) return;
    reported.add(error);
  }
  const given = request.headers[CORRELATION_HEADER];
  const where = {
    route,
    method: request.method,
    // The reader was shown it as the reference.
    digest: error instanceof Error && "digest" in error ? String(error.digest) : undefined,
    correlationId: typeof given === "string" ? correlationIdFrom(given) : undefined,
  };
  logger.error({ ...where, ...errorFields(error) }, "request failed");
  monitoring().captureError(error, where);
}
