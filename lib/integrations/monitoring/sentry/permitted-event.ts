/**
 * What may leave for Sentry, by allow-list: an event is made anew from the fields named here, in the browser as on the
 * server, so that nothing a later version of the SDK collects goes along. No bodies, headers, cookies, addresses,
 * query strings, local variables or breadcrumbs; of a person the id.
 */
import type { ErrorEvent } from "@sentry/nextjs";

type ExceptionValue = NonNullable<NonNullable<ErrorEvent["exception"]>["values"]>[number];
type Frame = NonNullable<NonNullable<ExceptionValue["stacktrace"]>["frames"]>[number];

const TAGS = ["operation", "route", "method", "digest", "correlation_id", "workspace_id", "cause"];

/** The errors whose messages are our own words; those of databases, libraries and vendors may quote a person's. */
const OUR_ERRORS: readonly (string | undefined)[] = ["AppError", "IntegrationError"];

const CLASS_NAME = /^[\w$.]{1,80}$/;

function permittedFrame({ filename, function: name, lineno, colno, in_app }: Frame): Frame {
  return { filename: filename?.replace(/[?#].*$/, ""), function: name, lineno, colno, in_app };
}

function permittedException({ type, value, mechanism, stacktrace }: ExceptionValue): ExceptionValue {
  return {
    type: type && CLASS_NAME.test(type) ? type : "Error",
    value: OUR_ERRORS.includes(type) ? value : "",
    mechanism: mechanism && { type: mechanism.type, handled: mechanism.handled },
    stacktrace: stacktrace && { frames: stacktrace.frames?.map(permittedFrame) },
  };
}

function permittedTags(tags: ErrorEvent["tags"]): ErrorEvent["tags"] {
  const present = TAGS.flatMap((name) => (typeof tags?.[name] === "string" ? [[name, tags[name]]] : []));
  return Object.fromEntries(present);
}

export function permittedEvent(event: ErrorEvent): ErrorEvent {
  const { event_id, timestamp, platform, level, environment, release, fingerprint, debug_meta } = event;
  const { exception, tags, user } = event;
  return {
    type: undefined,
    event_id,
    timestamp,
    platform,
    level,
    environment,
    release,
    fingerprint,
    // Which source maps belong to the frames.
    debug_meta,
    tags: permittedTags(tags),
    user: user?.id === undefined ? undefined : { id: user.id },
    exception: exception && { values: exception.values?.map(permittedException) },
    // Only alerts speak in messages, and those are ours.
    message: tags?.cause === undefined ? undefined : event.message,
  };
}
