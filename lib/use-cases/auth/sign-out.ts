import { auth } from "@/lib/integrations/auth";
import type { SessionChange } from "@/lib/integrations/auth/port";

/** Ends this browser's session; nothing happens where there is none. */
export async function signOut({ headers }: { headers: Headers }): Promise<SessionChange> {
  return auth().signOut(headers);
}
