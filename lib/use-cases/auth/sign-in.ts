import { passwordAuth } from "@/lib/auth/password";
import type { SessionChange } from "@/lib/integrations/auth/port";

export async function signIn(input: {
  email: string;
  password: string;
  headers: Headers;
}): Promise<SessionChange> {
  return passwordAuth().signIn(input);
}
