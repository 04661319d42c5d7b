/** Guards what exists in sandbox mode alone: in a process that is not in it, nobody can break a provider on purpose. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Viewer } from "@/lib/billing/views";

const afterwards = vi.fn();
vi.mock("@/lib/auth/guards", () => ({ requireViewer: async () => viewer }));
vi.mock("next/headers", () => ({ headers: async () => new Headers() }));
vi.mock("next/server", () => ({ after: () => afterwards() }));
vi.mock("next/cache", () => ({ revalidatePath: () => undefined }));

let asked = 0;
const control = createServer((_request, response) => {
  asked += 1;
  response.setHeader("content-type", "application/json");
  response.end('{"faults":[]}');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
  Object.assign(process.env, {
    SANDBOX: "",
    // Even where a build or an address of the sandbox's was left behind.
    BREAKWATER_BUILT_FOR_SANDBOX: "1",
    SANDBOX_CONTROL_URL: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
  });
});
afterAll(() => new Promise<void>((resolve) => void control.close(() => resolve())));

const viewer: Viewer = {
  userId: "00000000-0000-7000-8000-000000000000",
  name: "Olli Operator",
  email: "operator@example.com",
  emailVerified: true,
  isOperator: true,
  workspaceId: "00000000-0000-7000-8000-000000000001",
  workspaceName: "Olli's workspace",
  role: "owner",
};

describe("outside sandbox mode", () => {
  test("the chaos panel is not rendered", async () => {
    const { loadChaosPanel } = await import("@/app/(admin)/admin/integrations/_chaos/load-chaos-panel");
    expect(await loadChaosPanel([])).toBeNull();
  });

  test("there is no fault to set, to end or to see, and nobody is asked", async () => {
    const { breakProvider, healProvider, listFaults } = await import("@/lib/sandbox-control");
    const notFound = { name: "AppError", code: "not_found" };
    await expect(breakProvider("stripe", "hang")).rejects.toMatchObject(notFound);
    await expect(healProvider("stripe")).rejects.toMatchObject(notFound);
    await expect(listFaults()).rejects.toMatchObject(notFound);
    expect(asked).toBe(0);
  });

  test.each([
    ["break", { provider: "stripe", fault: "error" }],
    ["mend", { provider: "stripe", fault: "healthy" }],
    ["call payments", { capability: "payments" }],
    ["send mails", { capability: "email" }],
    ["send alerts", { capability: "on-call" }],
  ])("an operator who would %s finds nothing to do it with, and nobody is asked", async (_name, fields) => {
    const actions = await import("@/app/(admin)/admin/integrations/_chaos/actions");
    const action = "fault" in fields ? actions.breakProviderAction : actions.makeTrafficAction;
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    afterwards.mockClear();
    const error = { code: "not_found", message: "There is no sandbox here.", values: fields };
    expect(await action(null, form)).toEqual({ ok: false, error });
    expect(asked).toBe(0);
    // What every action leaves for afterwards, and no traffic besides.
    expect(afterwards).toHaveBeenCalledOnce();
  });

  test("no traffic is made", async () => {
    const { makeTraffic } = await import("@/lib/use-cases/operations/make-traffic");
    await expect(makeTraffic({ viewer, capability: "email" })).rejects.toMatchObject({ code: "not_found" });
  });
});
