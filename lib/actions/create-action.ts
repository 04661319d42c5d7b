/**
 * The one way to write a server action: parse, authorise, run, answer a `Result`. Every action made with it stands in
 * a registry that tests enumerate.
 */
import "server-only";
import { redirect } from "next/navigation";
import { after } from "next/server";
import type { z } from "zod";
import { requireViewer } from "@/lib/auth/guards";
import type { Viewer } from "@/lib/billing/views";
import { AppError, isAppError } from "@/lib/errors/app-error";
import { errorFields, logger } from "@/lib/logger";
import type { ActionFailure, ActionState, FormAction } from "@/lib/result";
import { pump } from "@/lib/webhooks/process";

/** Who may call: anybody, a signed-in member, or somebody who manages the workspace (owner or admin). */
export type ActionAccess = "public" | "member" | "manager";

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
  return viewer;
}

function toFailure(name: string, error: unknown): ActionFailure {
  if (!isAppError(error)) {
    logger.error({ action: name, ...errorFields(error) }, "action failed unexpectedly");
    return { code: "internal", message: "Something went wrong on our side. Please try again." };
  }
  if (error.code === "internal" || error.code === "integration_failed" || error.code === "unavailable") {
    logger.error({ action: name, ...errorFields(error) }, "action failed");
  }
  return { code: error.code, message: error.userMessage, ...(error.fields && { fields: error.fields }) };
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

export function createAction<Input, Access extends ActionAccess, T = undefined>(
  definition: Definition<Input, Access, T>,
): FormAction<T> {
  const { name, access, input: schema, run } = definition;
  registry.set(name, access);
  return async function action(_previous: ActionState<T>, formData: FormData): Promise<ActionState<T>> {
    let outcome: ActionOutcome<T>;
    try {
      const viewer = await authorise(access);
      const input = parse(schema, formData);
      // `authorise` answers null for public actions and a viewer for all others.
      outcome = await run(input, viewer as Access extends "public" ? null : Viewer);
    } catch (error) {
      return { ok: false, error: { ...toFailure(name, error), values: typedValues(formData) } };
    } finally {
      // What the action wrote into the outbox goes out once the answer is on its way.
      after(() => pump.run());
    }
    if (outcome.redirectTo) redirect(outcome.redirectTo);
    return { ok: true, data: outcome.data };
  };
}
