import { passwordAuth } from "@/lib/auth/password";

/** Mails a link to a new password; silent about unknown addresses. */
export async function requestPasswordReset(input: { email: string }): Promise<void> {
  await passwordAuth().requestPasswordReset(input);
}
