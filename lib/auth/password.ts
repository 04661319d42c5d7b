import { AppError } from "@/lib/errors/app-error";
import { auth } from "@/lib/integrations/auth";
import type { PasswordAuth } from "@/lib/integrations/auth/port";

/** @throws AppError "not_found" where the active provider has forms of its own. */
export function passwordAuth(): PasswordAuth {
  const { password } = auth();
  if (password) return password;
  throw new AppError("not_found", { userMessage: "Signing in with a password is not available here." });
}
