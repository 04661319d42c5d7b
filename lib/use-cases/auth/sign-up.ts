import { passwordAuth } from "@/lib/auth/password";

/** Opens an account and has the verification mail enqueued; answers the same for an address that is taken. */
export async function signUp(input: { name: string; email: string; password: string }): Promise<void> {
  await passwordAuth().signUp(input);
}
