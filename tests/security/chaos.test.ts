/**
 * Guards production from the chaos panel: outside sandbox mode its actions find nothing, for an operator too, and ask
 * nobody for anything, even where the address of a sandbox was left in the environment.
 */
import { randomUUID } from "node:crypto";
import { afterAll, expect, test, vi } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import type { FormAction } from "@/lib/result";
import { startBackend } from "@/tests/support/backend";
import { startVendors, type Vendors } from "@/tests/support/vendors";

const operator: Viewer = {
  userId: randomUUID(),
  name: "Olga",
  email: "olga@example.com",
  emailVerified: true,
  isOperator: true,
  workspaceId: randomUUID(),
  workspaceName: "Olga's workspace",
  role: "owner",
};
const later: (() => unknown)[] = [];
vi.mock("@/lib/auth/guards", () => ({ requireViewer: async () => operator }));
vi.mock("next/headers", () => ({ headers: async () => new Headers() }));
vi.mock("next/cache", () => ({ revalidatePath: () => undefined }));
vi.mock("next/server", () => ({ after: (work: () => unknown) => later.push(work) }));

const sandbox: Vendors = await startVendors();
const backend = await startBackend({ SANDBOX: "", SANDBOX_CONTROL_URL: sandbox.urls.control });
const { breakProviderAction, makeTrafficAction } = await import(
  "@/app/(admin)/admin/integrations/_chaos/actions"
);
const { loadChaosPanel } = await import("@/app/(admin)/admin/integrations/_chaos/load-chaos-panel");
const { listCapabilities } = await import("@/lib/use-cases/operations/list-capabilities");

afterAll(async () => {
  await backend.stop();
  await sandbox.stop();
});

async function send(action: FormAction<undefined>, fields: Record<string, string>) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const result = await action(null, form);
  return result?.ok === false ? result.error : undefined;
}

test.each([
  ["breaking a provider", breakProviderAction, { provider: "stripe", fault: "error" }],
  ["mending one", breakProviderAction, { provider: "stripe", fault: "healthy" }],
  ["making payments traffic", makeTrafficAction, { capability: "payments" }],
  ["making mails", makeTrafficAction, { capability: "email" }],
  ["making alerts", makeTrafficAction, { capability: "on-call" }],
])("%s is not found, and nothing comes of it", async (_name, action, fields) => {
  expect(await send(action, fields)).toMatchObject({
    code: "not_found",
    message: "There is no sandbox here.",
  });
  for (const work of later.splice(0)) await work();
  const { faults } = (await (await fetch(`${sandbox.urls.control}/faults`)).json()) as { faults: unknown[] };
  expect(faults).toEqual([]);
  expect(await backend.vendorCalls()).toEqual([]);
  expect(await backend.rows("SELECT id FROM outbox_message")).toEqual([]);
});

test("there is no panel, in a build that was made for the sandbox neither", async () => {
  vi.stubEnv("BREAKWATER_BUILT_FOR_SANDBOX", "1");
  expect(await loadChaosPanel(listCapabilities())).toBeNull();
  vi.unstubAllEnvs();
});
