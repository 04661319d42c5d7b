import { auth } from "@/lib/integrations/auth";

/** Changes the name at the auth provider; our own record follows at the next request, as every identity does. */
export async function updateProfile(input: { name: string; headers: Headers }): Promise<void> {
  await auth().updateName(input);
}
