/**
 * The one way to write a server action: parse, authorise, run, answer a `Result`. Every action made with it stands in
 * a registry that tests enumerate.
 */
import "server-only";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { z } from "zod";
import { requireViewer } from "@/lib/auth/guards";
import type { Viewer } from "@/lib/billing/views";
import { CORRELATION_HEADER, referenceOf } from "@/lib/correlation-id";
import { leaveWork } from "@/lib/do-due-work";
import { AppError, isAppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { monitoring } from "@/lib/integrations/monitoring";
import { errorFields, logger } from "@/lib/logger";
import { requestContext, withRequestContext } from "@/lib/request-context";
import type { ActionFailure, ActionState, FormAction, Result } from "@/lib/result";

/**
 * Who may call: anybody, a signed-in member, somebody who manages the workspace (owner or admin), or an operator of
 * the whole installation.
 */
export type ActionAccess = "public" | "member" | "manager" | "operator";

/** What an action is done with: its data for the page, and where to send the browser. */
export interface ActionOutcome<T> {
  data: T;
  /** A path of ours, or a hosted page of the payments vendor's. */
  redirectTo?: string;
}

interface Definition<Input, Access extends ActionAccess, T> {
  /** "<area>.<verb>", unique. */
  name: string;
  access: Access;
  input: z.ZodType<Input>;
  run(input: Input, viewer: Access extends "public" ? null : Viewer): Promise<ActionOutcome<T>>;
}

/** Within which a person has an answer, whatever vendors do; milliseconds for all of an action's calls together. */
const OVERALL_MS = 10_000;

const registry = new Map<string, ActionAccess>();

/** Every action's name and who may call it, for tests and documentation. */
export function registeredActions(): ReadonlyMap<string, ActionAccess> {
  return registry;
}

function fieldMessages(error: z.ZodError): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) fields[String(issue.path[0] ?? "form")] ??= issue.message;
  return fields;
}

function parse<Input>(schema: z.ZodType<Input>, formData: FormData): Input {
  const parsed = schema.safeParse(Object.fromEntries(formData));
  if (parsed.success) return parsed.data;
  throw new AppError("invalid_input", {
    userMessage: "Please check what you entered.",
    fields: fieldMessages(parsed.error),
  });
}

async function authorise(access: ActionAccess): Promise<Viewer | null> {
  if (access === "public") return null;
  const viewer = await requireViewer();
  if (access === "manager" && viewer.role === "member") {
    throw new AppError("forbidden", {
      userMessage: "Only an owner or an admin of the workspace may do this.",
    });
  }
  if (access === "operator" && !viewer.isOperator) {
    throw new AppError("forbidden", { userMessage: "Only an operator may do this." });
  }
  return viewer;
}

/** Whether whoever helps would have to look for the cause: ours or a vendor's doing, not the person's. */
function needsLookingInto(error: AppError): boolean {
  if (isIntegrationError(error) && error.kind === "declined") return false;
  return error.code === "internal" || error.code === "integration_failed" || error.code === "unavailable";
}

function toFailure(name: string, error: unknown, viewer: Viewer | null): ActionFailure {
  const { correlationId } = requestContext();
  const reference = correlationId === null ? undefined : referenceOf(correlationId);
  if (!isAppError(error) || error.code === "internal") {
    const { userId, workspaceId } = viewer ?? {};
    monitoring().captureError(error, { operation: name, correlationId, userId, workspaceId });
  }
  if (!isAppError(error)) {
    logger.error({ action: name, ...errorFields(error) }, "action failed unexpectedly");
    return { code: "internal", message: "Something went wrong on our side. Please try again.", reference };
  }
  const lookInto = needsLookingInto(error);
  if (lookInto) logger.error({ action: name, ...errorFields(error) }, "action failed");
  return {
    code: error.code,
    message: error.userMessage,
    ...(error.fields && { fields: error.fields }),
    ...(lookInto && { reference }),
  };
}

const SECRET_FIELDS = new Set(["password", "token"]);

function typedValues(formData: FormData): Record<string, string> {
  return Object.fromEntries(
    [...formData].flatMap(([field, value]) =>
      typeof value === "string" && !field.startsWith("$") && !SECRET_FIELDS.has(field)
        ? [[field, value]]
        : [],
    ),
  );
}

/** Authorises, parses and runs, and throws nothing. */
async function attempt<Input, Access extends ActionAccess, T>(
  { name, access, input: schema, run }: Definition<Input, Access, T>,
  formData: FormData,
): Promise<Result<ActionOutcome<T>>> {
  let viewer: Viewer | null = null;
  try {
    viewer = await authorise(access);
    const input = parse(schema, formData);
    // `authorise` answers null for public actions and a viewer for all others.
    return { ok: true, data: await run(input, viewer as Access extends "public" ? null : Viewer) };
  } catch (error) {
    return { ok: false, error: { ...toFailure(name, error, viewer), values: typedValues(formData) } };
  }
}

export function createAction<Input, Access extends ActionAccess, T = undefined>(
  definition: Definition<Input, Access, T>,
): FormAction<T> {
  registry.set(definition.name, definition.access);
  return async function action(_previous: ActionState<T>, formData: FormData): Promise<ActionState<T>> {
    const correlationId = (await headers()).get(CORRELATION_HEADER);
    const answer = await withRequestContext(
      { origin: "interactive", overallMs: OVERALL_MS, correlationId },
      () => attempt(definition, formData),
    );
    // What the action wrote into the outbox goes out once the answer is on its way, on time of its own.
    leaveWork();
    if (!answer.ok) return answer;
    const { data, redirectTo } = answer.data;
    if (redirectTo) redirect(redirectTo);
    return { ok: true, data };
  };
}
