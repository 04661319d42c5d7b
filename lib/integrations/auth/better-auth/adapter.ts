import { parseSetCookieHeader } from "better-auth/cookies";
import type { AuthProvider, PasswordAuth, SessionChange, SessionCookie } from "../port";
import { type BetterAuthDeps, type BetterAuthInstance, createBetterAuth, PROVIDER } from "./client";
import { toAppError } from "./errors";

/** The embedded provider: e-mail and password, in our own database. */
export function createBetterAuthProvider(deps: BetterAuthDeps): AuthProvider {
  const auth = createBetterAuth(deps);
  return {
    id: PROVIDER,
    getIdentity: async (headers) => {
      const session = await translated(auth.api.getSession({ headers }));
      if (!session) return null;
      const { id, email, emailVerified, name } = session.user;
      return { provider: PROVIDER, subject: id, email, emailVerified, name };
    },
    signOut: (headers) => change(auth.api.signOut({ headers, returnHeaders: true })),
    signOutEverywhere: async (headers) => {
      await translated(auth.api.revokeSessions({ headers }));
      return change(auth.api.signOut({ headers, returnHeaders: true }));
    },
    updateName: async ({ name, headers }) => {
      await translated(auth.api.updateUser({ body: { name }, headers }));
    },
    password: createPasswordAuth(auth),
  };
}

function createPasswordAuth(auth: BetterAuthInstance): PasswordAuth {
  return {
    signUp: async (body) => {
      await translated(auth.api.signUpEmail({ body }));
    },
    signIn: ({ email, password, headers }) =>
      change(auth.api.signInEmail({ body: { email, password }, headers, returnHeaders: true })),
    resendVerification: async (body) => {
      await translated(auth.api.sendVerificationEmail({ body }));
    },
    verifyEmail: ({ token, headers }) =>
      change(auth.api.verifyEmail({ query: { token }, headers, returnHeaders: true })),
    requestPasswordReset: async (body) => {
      await translated(auth.api.requestPasswordReset({ body }));
    },
    resetPassword: async ({ token, password }) => {
      await translated(auth.api.resetPassword({ body: { token, newPassword: password } }));
    },
  };
}

async function translated<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toAppError(error);
  }
}

async function change(call: Promise<{ headers: Headers }>): Promise<SessionChange> {
  const { headers } = await translated(call);
  return { cookies: headers.getSetCookie().flatMap(cookiesFrom) };
}

function cookiesFrom(header: string): SessionCookie[] {
  return [...parseSetCookieHeader(header)].map(([name, attributes]) => ({
    name,
    value: attributes.value,
    options: {
      path: attributes.path ?? "/",
      httpOnly: attributes.httponly ?? true,
      secure: attributes.secure ?? false,
      sameSite: attributes.samesite ?? "lax",
      ...(attributes["max-age"] === undefined ? {} : { maxAge: Number(attributes["max-age"]) }),
    },
  }));
}
