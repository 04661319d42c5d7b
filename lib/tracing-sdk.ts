/**
 * OpenTelemetry's SDK with an exporter over OTLP/HTTP. Loaded only where lib/observe.ts finds an address for it. It
 * reads the standard variables by itself: OTEL_EXPORTER_OTLP_*, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
 * OTEL_TRACES_SAMPLER, OTEL_BSP_*: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import { env } from "@/lib/env";
import { logger } from "@/lib/logger";
import { permittedSpan } from "@/lib/permitted-span";

/** Exports what may leave; says once when the backend stops taking it, and once when it takes it again. */
function scrubbingExporter(target: OTLPTraceExporter): SpanExporter {
  let failing = false;
  return {
    export: (spans, done) =>
      target.export(spans.map(permittedSpan), (result) => {
        const failed = result.code !== 0;
        if (failed && !failing) logger.warn({ error: result.error?.name }, "spans could not be exported");
        else if (!failed && failing) logger.info({}, "spans are exported again");
        failing = failed;
        done(result);
      }),
    shutdown: () => target.shutdown(),
    forceFlush: () => target.forceFlush(),
  };
}

export function startTracing(): void {
  const exporter = scrubbingExporter(new OTLPTraceExporter());
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "breakwater" }))
      .merge(detectResources({ detectors: [envDetector] })),
    // A function that is frozen between requests has no later moment to send a batch in.
    spanProcessors: [env.VERCEL ? new SimpleSpanProcessor(exporter) : new BatchSpanProcessor(exporter)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
}
