import type { Viewer } from "@/lib/billing/views";
import type { Identity } from "@/lib/integrations/auth/port";
import type { Prisma } from "@/prisma/generated/client";
import { type Database, db } from "./client";
import { fromDatabase } from "./enum-names";

const viewerSelect = {
  id: true,
  name: true,
  email: true,
  emailVerified: true,
  isOperator: true,
  memberships: {
    orderBy: { createdAt: "asc" },
    take: 1,
    select: { role: true, workspace: { select: { id: true, name: true } } },
  },
} as const satisfies Prisma.UserSelect;

type ViewerRow = Prisma.UserGetPayload<{ select: typeof viewerSelect }>;

function toViewer(row: ViewerRow): Viewer | null {
  const membership = row.memberships[0];
  if (!membership) return null;
  return {
    userId: row.id,
    name: row.name,
    email: row.email,
    emailVerified: row.emailVerified,
    isOperator: row.isOperator,
    workspaceId: membership.workspace.id,
    workspaceName: membership.workspace.name,
    role: fromDatabase(membership.role),
  };
}

/** The person behind an identity, with the workspace they work in; null before the first request of theirs. */
export async function findViewer(identity: Identity, tx: Database = db()): Promise<Viewer | null> {
  const { provider, subject } = identity;
  const row = await tx.user.findUnique({
    where: { provider_subject: { provider, subject } },
    select: viewerSelect,
  });
  return row && toViewer(row);
}

/** Writes what the identity says now, making the person where they are new. */
export async function upsertUser(
  tx: Database,
  identity: Identity,
  isOperator: boolean,
): Promise<{ id: string; isNew: boolean }> {
  const { provider, subject, email, emailVerified, name } = identity;
  const data = { email, emailVerified, name, isOperator };
  const created = await tx.user.createManyAndReturn({
    data: [{ provider, subject, ...data }],
    skipDuplicates: true,
    select: { id: true },
  });
  if (created[0]) return { id: created[0].id, isNew: true };
  const user = await tx.user.update({
    where: { provider_subject: { provider, subject } },
    data,
    select: { id: true },
  });
  return { id: user.id, isNew: false };
}

/** The workspace that everybody gets at sign-up. */
export async function createPersonalWorkspace(
  tx: Database,
  input: { userId: string; name: string },
): Promise<string> {
  const workspace = await tx.workspace.create({
    data: { name: input.name, memberships: { create: { userId: input.userId, role: "OWNER" } } },
    select: { id: true },
  });
  return workspace.id;
}
