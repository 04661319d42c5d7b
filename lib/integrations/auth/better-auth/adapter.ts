import { AsyncLocalStorage } from "node:async_hooks";
import { parseSetCookieHeader } from "better-auth/cookies";
import { AppError } from "@/lib/errors/app-error";
import type { AuthMail, AuthProvider, PasswordAuth, SessionChange, SessionCookie } from "../port";
import { type BetterAuthDeps, type BetterAuthInstance, createBetterAuth, PROVIDER } from "./client";
import { toAppError } from "./errors";

/**
 * Better Auth swallows what its mail callbacks throw. A mail that could not be enqueued must not end in "check your
 * inbox": each call looks whether one of its callbacks failed.
 */
const mailFailure = new AsyncLocalStorage<{ error?: unknown }>();

async function enqueueOrRemember(enqueueMail: BetterAuthDeps["enqueueMail"], mail: AuthMail): Promise<void> {
  try {
    await enqueueMail(mail);
  } catch (error) {
    const call = mailFailure.getStore();
    if (call) call.error = error;
    throw error;
  }
}

/** The least time (milliseconds) of calls that must not tell by their speed whether an address is known. */
const EVEN_MS = 500;

async function evenly<T>(work: Promise<T>): Promise<T> {
  const [result] = await Promise.all([work, new Promise((resolve) => setTimeout(resolve, EVEN_MS))]);
  return result;
}

/** The embedded provider: e-mail and password, in our own database. */
export function createBetterAuthProvider(deps: BetterAuthDeps): AuthProvider {
  const auth = createBetterAuth({
    ...deps,
    enqueueMail: (mail) => enqueueOrRemember(deps.enqueueMail, mail),
  });
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
    signUp: (body) => evenly(withMail(() => auth.api.signUpEmail({ body }))),
    signIn: ({ email, password, headers }) =>
      change(auth.api.signInEmail({ body: { email, password }, headers, returnHeaders: true })),
    resendVerification: (body) => evenly(withMail(() => auth.api.sendVerificationEmail({ body }))),
    verifyEmail: ({ token, headers }) =>
      change(auth.api.verifyEmail({ query: { token }, headers, returnHeaders: true })),
    requestPasswordReset: (body) => evenly(withMail(() => auth.api.requestPasswordReset({ body }))),
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

/** A call that has a mail written: it fails where the mail could not be. */
async function withMail(call: () => Promise<unknown>): Promise<void> {
  const outcome: { error?: unknown } = {};
  await translated(mailFailure.run(outcome, call));
  if (outcome.error === undefined) return;
  throw new AppError("unavailable", {
    userMessage: "We could not prepare the mail to you. Please try again in a moment.",
    logMessage: "an account mail could not be enqueued",
    cause: outcome.error,
  });
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
