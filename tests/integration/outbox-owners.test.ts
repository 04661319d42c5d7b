/** Guards which owner is mailed what: each fact once to each of them, also where there are other owners than before. */
import { afterAll, afterEach, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import type { DueMail } from "@/lib/sync/due-mails";
import { newViewer, startBackend } from "@/tests/support/backend";

const backend = await startBackend();
const { findBillingOwner } = await import("@/lib/db/billing-customers");
const { db } = await import("@/lib/db/client");
const { prepareMails } = await import("@/lib/sync/prepare-mails");

afterEach(() => backend.rows("DELETE FROM outbox_message"));
afterAll(() => backend.stop());

const HOUR_MS = 3_600_000;

const refundOf = (id: string, notAfter = new Date(Date.now() + HOUR_MS)): DueMail => ({
  businessKey: `refund:${id}`,
  mail: { template: "refund", workspaceName: "Yard", amount: 500, currency: "usd", number: null },
  notAfter,
});

/** As when a sync comes by the workspace. */
async function mail(workspaceId: string, due: DueMail[]): Promise<void> {
  const owner = await findBillingOwner({ customerId: null, workspaceId });
  if (!owner) throw new Error("the workspace is there");
  await (await prepareMails(due, owner))(db());
}

async function workspaceWithOwners(count: number): Promise<{ workspaceId: string; owners: Viewer[] }> {
  const first = await newViewer();
  const others: Viewer[] = [];
  while (others.length < count - 1) others.push(await addOwner(first.workspaceId));
  await backend.rows("DELETE FROM outbox_message");
  return { workspaceId: first.workspaceId, owners: [first, ...others] };
}

async function addOwner(workspaceId: string): Promise<Viewer> {
  const viewer = await newViewer();
  await backend.rows(
    "INSERT INTO membership (id, user_id, workspace_id, role) VALUES (gen_random_uuid(), $1, $2, 'OWNER')",
    [viewer.userId, workspaceId],
  );
  await backend.rows("DELETE FROM outbox_message WHERE business_key LIKE 'welcome:%'");
  return viewer;
}
const removeOwner = ({ userId }: Viewer, workspaceId: string) =>
  backend.rows("DELETE FROM membership WHERE user_id = $1 AND workspace_id = $2", [userId, workspaceId]);

async function recipients(): Promise<string[]> {
  const rows = await backend.rows<{ recipient: string }>("SELECT recipient FROM outbox_message");
  return rows.map(({ recipient }) => recipient).sort();
}
const emailsOf = (viewers: Viewer[]) => viewers.map(({ email }) => email).sort();

test("every owner is told once, however often it is looked at", async () => {
  const { workspaceId, owners } = await workspaceWithOwners(3);
  for (const _ of [1, 2]) await mail(workspaceId, [refundOf("re_1")]);
  expect(await recipients()).toEqual(emailsOf(owners));
});

test("nobody is told again, and nobody is left out, when one of them leaves", async () => {
  const { workspaceId, owners } = await workspaceWithOwners(4);
  await mail(workspaceId, [refundOf("re_1")]);
  const [, second] = owners;
  if (!second) throw new Error("there are four");
  await removeOwner(second, workspaceId);
  await mail(workspaceId, [refundOf("re_1")]);
  expect(await recipients()).toEqual(emailsOf(owners));
  // In the place that has become free.
  const newcomer = await addOwner(workspaceId);
  await mail(workspaceId, [refundOf("re_1")]);
  expect(await recipients()).toEqual(emailsOf([...owners, newcomer]));
});

test("a new owner gets no mails about what has long been so, nor does anybody else", async () => {
  const { workspaceId } = await workspaceWithOwners(2);
  await mail(workspaceId, [refundOf("re_old", new Date(Date.now() - HOUR_MS))]);
  expect(await recipients()).toEqual([]);
});
