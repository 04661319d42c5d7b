/**
 * Guards every server action, called as the browser would call it: whoever is not signed in, or may not manage the
 * workspace, is refused before the input is even read. Next's request (headers, cookies, after) is stood in for; the
 * sessions, the roles and the database are real.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { FormAction } from "@/lib/result";
import { startBackend } from "@/tests/support/backend";
import { signUp } from "@/tests/support/cast";
import { sourceFiles } from "@/tests/support/source-files";

let requestHeaders = new Headers();
vi.mock("next/headers", () => ({
  headers: async () => requestHeaders,
  cookies: async () => ({ get: () => undefined, set: () => undefined, delete: () => undefined }),
}));
vi.mock("next/server", () => ({ after: () => undefined }));
vi.mock("next/cache", () => ({ revalidatePath: () => undefined }));

const backend = await startBackend();
const { registeredActions } = await import("@/lib/actions/create-action");
const { currentUser, requireOperator } = await import("@/lib/auth/guards");
const { env } = await import("@/lib/env");

const actions = new Map<string, FormAction<unknown>>();

beforeAll(async () => {
  for (const { path, text } of sourceFiles("app", /\/actions\.ts$/)) {
    const known = registeredActions().size;
    const loaded: Record<string, FormAction<unknown>> = await import(/* @vite-ignore */ `@/${path}`);
    // They are registered in the order in which they stand in the file.
    const names = [...registeredActions().keys()].slice(known);
    const exported = [...text.matchAll(/^export const (\w+)/gm)].map(
      ([, constant]) => loaded[constant ?? ""],
    );
    names.forEach((name, index) => {
      const action = exported[index];
      if (action) actions.set(name, action);
    });
  }
});
afterAll(() => backend.stop());

/** Somebody new; their requests carry the cookies that they were handed. */
async function signedIn(): Promise<Headers> {
  const { cookie } = await signUp(backend, `${randomUUID()}@example.com`);
  return new Headers({ cookie });
}

async function failureOf(name: string): Promise<string | undefined> {
  const action = actions.get(name);
  if (!action) throw new Error(`no action ${name}`);
  const result = await action(null, new FormData());
  return result && !result.ok ? result.error.code : undefined;
}

const named = (access: string) =>
  [...registeredActions()].filter(([, needed]) => needed === access).map(([name]) => name);

describe("a server action", () => {
  test("can be called by this test, every one of them", () => {
    expect([...actions.keys()].sort()).toEqual([...registeredActions().keys()].sort());
    expect(actions.size).toBeGreaterThan(10);
  });

  test("that is not public refuses whoever is signed out", async () => {
    for (const cookie of ["", "breakwater.session_token=made-up.signature"]) {
      requestHeaders = new Headers({ cookie });
      for (const name of [...named("member"), ...named("manager"), ...named("operator")]) {
        expect(await failureOf(name), name).toBe("unauthenticated");
      }
    }
  });

  test("for managers refuses a plain member, and the others take them", async () => {
    requestHeaders = await signedIn();
    const viewer = await currentUser();
    await backend.rows("UPDATE membership SET role = 'MEMBER' WHERE user_id = $1", [viewer?.userId]);
    for (const name of named("manager")) expect(await failureOf(name), name).toBe("forbidden");
    expect(await failureOf("projects.create")).toBe("invalid_input");
  });

  test("for operators refuses the owner of a workspace, and takes whoever is an operator", async () => {
    expect(named("operator").length).toBeGreaterThan(3);
    requestHeaders = await signedIn();
    for (const name of named("operator")) expect(await failureOf(name), name).toBe("forbidden");
    const viewer = await currentUser();
    // As ADMIN_EMAILS makes one: read anew at each request, so the row alone would not last.
    const [{ email } = { email: "" }] = await backend.rows<{ email: string }>(
      'SELECT email FROM "user" WHERE id = $1',
      [viewer?.userId],
    );
    env.ADMIN_EMAILS?.push(email);
    for (const name of named("operator")) expect(await failureOf(name), name).toBe("invalid_input");
  });

  test("takes an owner, and then reads the input", async () => {
    requestHeaders = await signedIn();
    expect(await failureOf("billing.start-checkout")).toBe("invalid_input");
    expect(await failureOf("settings.rename-workspace")).toBe("invalid_input");
  });

  test("for the public answers a wrong form with its fields, and no more", async () => {
    requestHeaders = new Headers();
    const result = await actions.get("auth.sign-up")?.(null, new FormData());
    expect(result).toMatchObject({
      ok: false,
      error: { code: "invalid_input", fields: { email: expect.any(String) } },
    });
  });

  test("gives back what was typed, and no password and no token", async () => {
    requestHeaders = new Headers();
    for (const name of actions.keys()) {
      const form = new FormData();
      for (const field of ["password", "token"]) form.set(field, "S3CRET");
      form.set("name", "");
      form.set("email", "nobody");
      expect(
        JSON.stringify(
          await actions
            .get(name)?.(null, form)
            .catch(() => null),
        ),
        name,
      ).not.toContain("S3CRET");
    }
  });

  test("that fails for reasons of ours shows nothing of them but a reference: how the request's id begins", async () => {
    requestHeaders = await signedIn();
    requestHeaders.set("x-correlation-id", "3f9a1c2e-0000-4000-8000-000000000001");
    const form = new FormData();
    form.set("name", "A project");
    await backend.rows("ALTER TABLE project RENAME TO project_away");
    try {
      const result = await actions.get("projects.create")?.(null, form);
      expect(result).toEqual({
        ok: false,
        error: {
          code: "internal",
          message: "Something went wrong on our side. Please try again.",
          values: { name: "A project" },
          reference: "3f9a1c2e",
        },
      });
    } finally {
      await backend.rows("ALTER TABLE project_away RENAME TO project");
    }
  });
});

describe("an operators' page", () => {
  test("is not found by whoever is signed in without being one, and asks all others to sign in", async () => {
    requestHeaders = await signedIn();
    await expect(requireOperator()).rejects.toMatchObject({ digest: expect.stringContaining(";404") });
    requestHeaders = new Headers();
    await expect(requireOperator()).rejects.toMatchObject({ digest: expect.stringContaining("/sign-in") });
  });
});
