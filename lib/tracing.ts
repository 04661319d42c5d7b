/**
 * A span around each integration call, through OpenTelemetry's API alone: whatever SDK is registered gets it, ours
 * (lib/tracing-sdk.ts) or a fork's own. Where none is, a call costs one look.
 */
import { context, ProxyTracerProvider, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { isIntegrationError } from "@/lib/errors/integration-error";
import type { PolicyHooks } from "@/lib/resilience/hooks";

export const TRACER = "breakwater";

/** The registered SDK's tracer; undefined where there is none. */
function registeredTracer() {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider
    ? provider.getDelegateTracer(TRACER)
    : provider.getTracer(TRACER);
}

/** Class and kind of a failure: its message is for the log. */
function noteFailure(span: Span, error: unknown): void {
  const outcome = isIntegrationError(error) ? error.kind : "exception";
  span.setAttribute("breakwater.outcome", outcome);
  span.setAttribute("error.type", isIntegrationError(error) ? error.kind : nameOf(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

export const tracingHooks: Required<Pick<PolicyHooks, "around" | "onAttempt">> = {
  around: (call, run) => {
    const tracer = registeredTracer();
    if (!tracer) return run();
    const { provider, mode, operation, effect } = call;
    const { origin, correlationId } = call.context;
    const span = tracer.startSpan(`${provider} ${operation}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        "breakwater.provider": provider,
        "breakwater.mode": mode,
        "breakwater.operation": operation,
        "breakwater.effect": effect,
        "breakwater.origin": origin,
        "breakwater.attempts": 0,
        "breakwater.correlation_id": correlationId ?? undefined,
      },
    });
    return context.with(trace.setSpan(context.active(), span), async () => {
      try {
        const answer = await run();
        span.setAttribute("breakwater.outcome", "ok");
        return answer;
      } catch (error) {
        noteFailure(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
  },

  // Runs within `around`, so the active span is the call's.
  onAttempt: ({ number, outcome, status, durationMs, requestId }) => {
    const span = registeredTracer() && trace.getActiveSpan();
    if (!span?.isRecording()) return;
    span.setAttribute("breakwater.attempts", number);
    span.addEvent("attempt", {
      "breakwater.attempt": number,
      "breakwater.outcome": outcome,
      "breakwater.duration_ms": durationMs,
      ...(status !== null && { "http.response.status_code": status }),
      ...(requestId !== null && { "breakwater.request_id": requestId }),
    });
  },
};
