/** Guards the server actions: each is made by `createAction`, and who may call it is written down here a second time. */
import { describe, expect, test } from "vitest";
import { registeredActions } from "@/lib/actions/create-action";
import { sourceFiles } from "@/tests/support/source-files";

const ACCESS = {
  "auth.sign-up": "public",
  "auth.sign-in": "public",
  "auth.sign-out": "public",
  "auth.sign-out-everywhere": "member",
  "auth.request-password-reset": "public",
  "auth.reset-password": "public",
  "auth.verify-email": "public",
  "auth.resend-verification": "public",
  "email.unsubscribe": "public",
  "email.resubscribe": "public",
  "billing.start-checkout": "manager",
  "billing.change-plan": "manager",
  "billing.cancel": "manager",
  "billing.resume": "manager",
  "billing.open-portal": "manager",
  "billing.recheck-checkout": "manager",
  "integrations.override-circuit": "operator",
  "integrations.test": "operator",
  "webhooks.release": "operator",
  "webhooks.replay": "operator",
  "webhooks.replay-set": "operator",
  "mails.replay": "operator",
  "mails.replay-set": "operator",
  "mails.resend": "operator",
  "mails.remove-suppression": "operator",
  "sandbox.break-provider": "operator",
  "sandbox.make-traffic": "operator",
  "projects.create": "member",
  "projects.delete": "member",
  "settings.update-profile": "member",
  "settings.rename-workspace": "manager",
};

const files = sourceFiles("", /^(app|components|lib)\/.*\.tsx?$/);
const USE_SERVER = /^\s*["']use server["']/m;
const actionFiles = files.filter(({ text }) => USE_SERVER.test(text));

describe("server actions", () => {
  test("stand in app/**/actions.ts and nowhere else, and no function becomes one by itself", () => {
    expect(actionFiles.length).toBeGreaterThan(0);
    for (const { path, text } of actionFiles) {
      expect(path).toMatch(/^app\/(.+\/)?actions\.ts$/);
      expect(text.match(/["']use server["']/g), path).toHaveLength(1);
      expect(text, path).toMatch(/^["']use server["'];/);
    }
  });

  test("are all made by createAction: every export is registered", async () => {
    for (const { path, text } of actionFiles) {
      const exported = [...text.matchAll(/^export (.*)$/gm)].map(([, rest]) => rest ?? "");
      for (const rest of exported) expect(rest, path).toMatch(/^const \w+Action = createAction\(\{$/);
      const before = registeredActions().size;
      const loaded: Record<string, unknown> = await import(/* @vite-ignore */ `@/${path}`);
      expect(Object.keys(loaded), path).toHaveLength(exported.length);
      expect(registeredActions().size - before, `${path}: each name is used once`).toBe(exported.length);
    }
  });

  test("may be called by those whom this table names", () => {
    expect(Object.fromEntries([...registeredActions()].sort())).toEqual(
      Object.fromEntries(Object.entries(ACCESS).sort()),
    );
  });
});
