/** Guards tenancy: one person is one user with one workspace, limits hold under races, and nobody reaches another's rows. */
import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { newViewer, startBackend } from "@/tests/support/backend";

const backend = await startBackend();
const { ensureViewer } = await import("@/lib/use-cases/auth/ensure-viewer");
const { createProject } = await import("@/lib/use-cases/workspace/create-project");
const { deleteProject } = await import("@/lib/use-cases/workspace/delete-project");
const { renameWorkspace } = await import("@/lib/use-cases/workspace/rename-workspace");
const { openPortal } = await import("@/lib/use-cases/billing/open-portal");
const { ensureCustomer } = await import("@/lib/sync/ensure-customer");
const { getCheckoutProgress } = await import("@/lib/db/billing");
const { getDashboard } = await import("@/lib/db/dashboard");
const { pump } = await import("@/lib/webhooks/process");

afterAll(() => backend.stop());

function identity(changes: Record<string, unknown> = {}) {
  const subject = randomUUID();
  return {
    provider: "better-auth",
    subject,
    email: `${subject}@example.com`,
    emailVerified: true,
    name: "Ann",
    ...changes,
  };
}

describe("somebody who signs in", () => {
  test("for the first time, in twenty tabs, becomes one user with one workspace and one welcome", async () => {
    const person = identity();
    const viewers = await Promise.all(Array.from({ length: 20 }, () => ensureViewer(person)));
    expect(new Set(viewers.map(({ userId }) => userId)).size).toBe(1);
    expect(new Set(viewers.map(({ workspaceId }) => workspaceId)).size).toBe(1);
    const [viewer] = viewers;
    expect(viewer).toMatchObject({ role: "owner", isOperator: false, email: person.email });
    const memberships = await backend.rows("SELECT role FROM membership WHERE user_id = $1", [
      viewer?.userId,
    ]);
    expect(memberships).toEqual([{ role: "OWNER" }]);
    await pump.run();
    expect((await backend.mails(person.email)).length).toBe(1);
  });

  test("under another name and address stays the same user", async () => {
    const person = identity();
    const before = await ensureViewer(person);
    const after = await ensureViewer({ ...person, name: "Ann Other", email: `new-${person.email}` });
    expect(after).toMatchObject({
      userId: before.userId,
      workspaceId: before.workspaceId,
      name: "Ann Other",
    });
    expect(after.email).toBe(`new-${person.email}`);
  });

  test("with somebody's address but as another subject is another user: an address proves nothing", async () => {
    const person = identity();
    const first = await ensureViewer(person);
    const second = await ensureViewer({ ...person, subject: randomUUID() });
    expect(second.userId).not.toBe(first.userId);
    expect(second.workspaceId).not.toBe(first.workspaceId);
  });

  test("is an operator with a verified listed address alone, and no longer when it is not", async () => {
    const listed = identity({ email: "Operator@Breakwater.example", emailVerified: false });
    expect((await ensureViewer(listed)).isOperator).toBe(false);
    expect((await ensureViewer({ ...listed, emailVerified: true })).isOperator).toBe(true);
    expect((await ensureViewer({ ...listed, emailVerified: true, email: "x@example.com" })).isOperator).toBe(
      false,
    );
  });
});

describe("projects", () => {
  test("stay within the plan's limit when twenty are made at a time", async () => {
    const viewer = await newViewer();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => createProject({ viewer, name: `Project ${index}` })),
    );
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(outcomes.length - refused.length).toBe(2);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "limit_reached" });
    expect((await getDashboard(viewer.workspaceId)).usage).toEqual({ projects: 2, members: 1 });
  });

  test("of one workspace are out of another's reach", async () => {
    const [owner, stranger] = [await newViewer(), await newViewer()];
    await createProject({ viewer: owner, name: "Mine" });
    const [project] = (await getDashboard(owner.workspaceId)).projects;
    const projectId = project?.id ?? "";
    await expect(deleteProject({ viewer: stranger, projectId })).rejects.toMatchObject({ code: "not_found" });
    expect((await getDashboard(stranger.workspaceId)).projects).toEqual([]);
    await deleteProject({ viewer: owner, projectId });
    await expect(deleteProject({ viewer: owner, projectId })).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a workspace", () => {
  test("is renamed for its own people, and that is recorded", async () => {
    const [owner, stranger] = [await newViewer(), await newViewer()];
    await renameWorkspace({ viewer: owner, name: "The Yard" });
    const names = await backend.rows("SELECT id, name FROM workspace WHERE id = ANY($1::uuid[])", [
      [owner.workspaceId, stranger.workspaceId],
    ]);
    expect(names).toEqual(
      expect.arrayContaining([
        { id: owner.workspaceId, name: "The Yard" },
        { id: stranger.workspaceId, name: stranger.workspaceName },
      ]),
    );
    const audit = await backend.rows("SELECT action FROM audit_log WHERE actor_id = $1 ORDER BY created_at", [
      owner.userId,
    ]);
    expect(audit).toEqual([{ action: "workspace.created" }, { action: "workspace.renamed" }]);
  });

  test("has a portal once it is a customer, and none before", async () => {
    const viewer = await newViewer();
    await expect(openPortal({ viewer })).rejects.toMatchObject({ code: "not_found" });
    await ensureCustomer(viewer);
    const { url } = await openPortal({ viewer });
    expect(url.startsWith(backend.urls.stripe)).toBe(true);
  });

  test.each(["", "not-an-id", "00000000-0000-0000-0000-000000000000", "' OR 1=1 --", "cs_test_123"])(
    "learns nothing of a payment by the id %j",
    async (operationId) => {
      const viewer = await newViewer();
      expect(await getCheckoutProgress(viewer.workspaceId, operationId)).toEqual({
        state: "unknown",
        planKey: null,
      });
    },
  );
});
