import "server-only";
import { cookies } from "next/headers";
import type { SessionChange } from "@/lib/integrations/auth/port";

/** Hands the browser what the auth provider changed of its session. */
export async function applySessionChange(change: SessionChange): Promise<void> {
  const jar = await cookies();
  for (const { name, value, options } of change.cookies) jar.set(name, value, options);
}
