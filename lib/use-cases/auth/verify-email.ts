import { passwordAuth } from "@/lib/auth/password";
import type { SessionChange } from "@/lib/integrations/auth/port";

/** Confirms the address behind a mailed link and signs in. */
export async function verifyEmail(input: { token: string; headers: Headers }): Promise<SessionChange> {
  return passwordAuth().verifyEmail(input);
}
