/** People who are signed in for real, in a test's own process: one for every relation that somebody can have to a workspace. */
import { randomUUID } from "node:crypto";
import type { startBackend } from "./backend";

type Backend = Awaited<ReturnType<typeof startBackend>>;

/** As which somebody asks for what is a workspace's. */
export const ROLES = ["anonymous", "member", "admin", "owner", "stranger", "operator"] as const;
export type Role = (typeof ROLES)[number];

interface CastMember {
  userId: string;
  email: string;
  /** The header that a browser of theirs sends. */
  cookie: string;
}

/** Signs somebody up through the active provider and confirms the address. */
export async function signUp(backend: Backend, email: string): Promise<CastMember> {
  const { auth } = await import("@/lib/integrations/auth");
  const { ensureViewer } = await import("@/lib/use-cases/auth/ensure-viewer");
  const { pump } = await import("@/lib/webhooks/process");
  const { password } = auth();
  if (!password) throw new Error("the embedded provider has passwords");
  await password.signUp({ name: "Ann", email, password: "correct horse battery" });
  await pump.run();
  const [mail] = await backend.mails(email);
  const token = /token=([^"&\s]+)/.exec(mail?.html ?? "")?.[1] ?? "";
  const { cookies } = await password.verifyEmail({
    token: decodeURIComponent(token),
    headers: new Headers(),
  });
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const identity = await auth().getIdentity(new Headers({ cookie }));
  if (!identity) throw new Error(`${email} is not signed in`);
  return { userId: (await ensureViewer(identity)).userId, email, cookie };
}

/** @param operator an address of ADMIN_EMAILS */
export async function castOf(backend: Backend, operator: string) {
  const addressOf = (role: Role) => (role === "operator" ? operator : `${role}-${randomUUID()}@example.com`);
  const people = new Map<Role, CastMember>();
  for (const role of ROLES)
    if (role !== "anonymous") people.set(role, await signUp(backend, addressOf(role)));
  const person = (role: Role): CastMember => {
    const found = people.get(role);
    if (!found) throw new Error(`nobody is ${role}`);
    return found;
  };
  const [home] = await backend.rows<{ id: string }>(
    "SELECT workspace_id AS id FROM membership WHERE user_id = $1",
    [person("owner").userId],
  );
  const workspaceId = home?.id ?? "";
  const secret = `canary-${randomUUID()}`;
  await backend.rows("UPDATE workspace SET name = $2 WHERE id = $1", [workspaceId, secret]);
  for (const role of ["admin", "member"] as const) {
    const { userId } = person(role);
    await backend.rows("DELETE FROM membership WHERE user_id = $1", [userId]);
    await backend.rows(
      `INSERT INTO membership (id, user_id, workspace_id, role)
       VALUES (gen_random_uuid(), $1, $2, $3::membership_role)`,
      [userId, workspaceId, role.toUpperCase()],
    );
  }
  return {
    /** The workspace that all of them but the stranger and the operator belong to. */
    workspaceId,
    /** Its name: nobody else may ever be shown it. */
    secret,
    person,
    cookieOf: (role: Role) => (role === "anonymous" ? "" : person(role).cookie),
  };
}
