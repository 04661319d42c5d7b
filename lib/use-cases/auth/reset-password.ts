import { passwordAuth } from "@/lib/auth/password";

/** Sets a new password by a mailed link; every session ends. */
export async function resetPassword(input: { token: string; password: string }): Promise<void> {
  await passwordAuth().resetPassword(input);
}
