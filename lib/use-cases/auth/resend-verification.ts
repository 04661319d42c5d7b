import { passwordAuth } from "@/lib/auth/password";

/** Mails the link again; silent about addresses that are unknown or confirmed already. */
export async function resendVerification(input: { email: string }): Promise<void> {
  await passwordAuth().resendVerification(input);
}
