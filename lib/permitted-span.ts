/**
 * What may leave in a span. Ours are built without personal data; the framework's and libraries' name whole addresses,
 * query strings and error messages, so those are made anew from the attributes named here.
 */
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { TRACER } from "@/lib/tracing";

const ATTRIBUTES = [
  "error.type",
  "http.method",
  // Patterns, such as "/billing/invoices/[id]".
  "http.route",
  "next.route",
  "http.status_code",
  "next.rsc",
  "next.span_type",
];

const REQUEST = "BaseServer.handleRequest";

function nameOf({ attributes, instrumentationScope }: ReadableSpan): string {
  const type = attributes["next.span_type"];
  const route = attributes["http.route"];
  if (type === REQUEST && route) return `${attributes["http.method"]} ${route}`;
  return String(type ?? instrumentationScope.name);
}

export function permittedSpan(span: ReadableSpan): ReadableSpan {
  if (span.instrumentationScope.name === TRACER) return span;
  const { kind, parentSpanContext, startTime, endTime, duration, ended, resource, instrumentationScope } =
    span;
  const known = ATTRIBUTES.filter((name) => span.attributes[name] !== undefined);
  return {
    name: nameOf(span),
    kind,
    spanContext: () => span.spanContext(),
    parentSpanContext,
    startTime,
    endTime,
    duration,
    ended,
    status: { code: span.status.code },
    attributes: Object.fromEntries(known.map((name) => [name, span.attributes[name]])),
    links: [],
    events: [],
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
