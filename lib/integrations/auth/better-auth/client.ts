import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import type { AuthMail } from "../port";

export const PROVIDER = "better-auth";

export const MIN_PASSWORD_LENGTH = 10;
export const MAX_PASSWORD_LENGTH = 128;

/** Seconds. */
const SESSION_SECONDS = 30 * 24 * 60 * 60;
const VERIFICATION_SECONDS = 24 * 60 * 60;
const RESET_SECONDS = 60 * 60;

export interface BetterAuthDeps {
  /** The database client; Better Auth's tables (`auth_*`) are its own. */
  database: () => Parameters<typeof prismaAdapter>[0];
  enqueueMail: (mail: AuthMail) => Promise<void>;
  baseUrl: string;
  secret: string;
}

export type BetterAuthInstance = ReturnType<typeof createBetterAuth>;

export function createBetterAuth(deps: BetterAuthDeps) {
  return betterAuth({
    appName: "Breakwater",
    baseURL: deps.baseUrl,
    secret: deps.secret,
    database: prismaAdapter(deps.database(), { provider: "postgresql", transaction: true }),
    telemetry: { enabled: false },
    logger: { disabled: true },
    user: { modelName: "authUser" },
    // No refresh: a page render may not write cookies, and a session that is read must not cost a write.
    session: { modelName: "authSession", expiresIn: SESSION_SECONDS, disableSessionRefresh: true },
    account: { modelName: "authAccount" },
    // Hashed: whoever reads the table cannot reset anybody's password with it.
    verification: { modelName: "authVerification", storeIdentifier: "hashed" },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      autoSignIn: false,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      maxPasswordLength: MAX_PASSWORD_LENGTH,
      resetPasswordTokenExpiresIn: RESET_SECONDS,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: ({ user, token }) =>
        deps.enqueueMail({ kind: "reset-password", to: user.email, name: user.name, token }),
      onExistingUserSignUp: ({ user }) =>
        deps.enqueueMail({ kind: "already-registered", to: user.email, name: user.name }),
    },
    emailVerification: {
      sendOnSignUp: true,
      autoSignInAfterVerification: true,
      expiresIn: VERIFICATION_SECONDS,
      sendVerificationEmail: ({ user, token }) =>
        deps.enqueueMail({ kind: "verify-email", to: user.email, name: user.name, token }),
    },
    advanced: { cookiePrefix: "breakwater", useSecureCookies: deps.baseUrl.startsWith("https://") },
  });
}
