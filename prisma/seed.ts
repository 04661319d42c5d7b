/**
 * Demo people for sandbox mode. Run again it changes nothing. Started by `npm run dev`, `npm run preview` and
 * `npm run db:reset`.
 */
import { pathToFileURL } from "node:url";
import { hashPassword } from "better-auth/crypto";
import { db } from "@/lib/db/client";
import { isSandbox } from "@/lib/env";
import { ensureViewer } from "@/lib/use-cases/auth/ensure-viewer";
import { DEMO_PEOPLE, type DemoPerson } from "./demo-people";

async function ensureDemoPerson(person: DemoPerson): Promise<void> {
  const { name, email } = person;
  const existing = await db().authUser.findUnique({ where: { email }, select: { id: true } });
  const subject = existing?.id ?? `demo-${person.role}`;
  if (!existing) {
    await db().authUser.create({
      data: {
        id: subject,
        name,
        email,
        emailVerified: true,
        accounts: {
          create: {
            id: `${subject}-password`,
            accountId: subject,
            providerId: "credential",
            password: await hashPassword(person.password),
          },
        },
      },
    });
  }
  await ensureViewer({ provider: "better-auth", subject, email, name, emailVerified: true });
}

export async function seed(): Promise<void> {
  if (!isSandbox)
    throw new Error("Demo people are for sandbox mode only: set SANDBOX=1, or use `npm run dev`.");
  for (const person of DEMO_PEOPLE) await ensureDemoPerson(person);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await seed();
  await db().$disconnect();
}
