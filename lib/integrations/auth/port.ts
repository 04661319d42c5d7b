/**
 * The auth provider answers one question: who is this? Workspaces, roles and operators are ours alone.
 */

/** Who is signed in, as the provider vouches for it, checked locally (no vendor call). */
export interface Identity {
  provider: string;
  /** The provider's id of the person. */
  subject: string;
  email: string;
  emailVerified: boolean;
  name: string;
}

/** A cookie that the response must carry for a session to begin, go on or end. */
export interface SessionCookie {
  name: string;
  value: string;
  options: {
    path: string;
    httpOnly: boolean;
    secure: boolean;
    sameSite: "lax" | "strict" | "none";
    /** Seconds; absent for a session cookie, 0 to delete. */
    maxAge?: number;
  };
}

/** What changed in the browser's session. */
export interface SessionChange {
  cookies: SessionCookie[];
}

/** E-mail and password, for providers that leave the forms to us. Errors are `AppError`s fit to show. */
export interface PasswordAuth {
  /**
   * Makes an account and has a verification mail enqueued. Answers the same for a taken address (whose owner is
   * told by mail instead), so that addresses cannot be probed.
   */
  signUp(input: { name: string; email: string; password: string }): Promise<void>;
  /** @throws AppError "unauthenticated" for a wrong pair, "forbidden" while the address is unverified. */
  signIn(input: { email: string; password: string; headers: Headers }): Promise<SessionChange>;
  /** Enqueues another verification mail; silent about unknown addresses. */
  resendVerification(input: { email: string }): Promise<void>;
  /** Verifies the address and signs in. @throws AppError "invalid_input" for a bad or old token. */
  verifyEmail(input: { token: string; headers: Headers }): Promise<SessionChange>;
  /** Enqueues a reset mail; silent about unknown addresses. */
  requestPasswordReset(input: { email: string }): Promise<void>;
  /** Sets the password and ends every session. @throws AppError "invalid_input" for a bad or old token. */
  resetPassword(input: { token: string; password: string }): Promise<void>;
}

export interface AuthProvider {
  readonly id: string;
  /** Null when nobody is signed in. */
  getIdentity(headers: Headers): Promise<Identity | null>;
  signOut(headers: Headers): Promise<SessionChange>;
  /** Ends every session of this person, this one too. */
  signOutEverywhere(headers: Headers): Promise<SessionChange>;
  updateName(input: { name: string; headers: Headers }): Promise<void>;
  /** Null where the provider has forms of its own. */
  readonly password: PasswordAuth | null;
}

/** A mail that a provider wants written; the outbox delivers it, never the provider's callback. */
export type AuthMail =
  | { kind: "verify-email"; to: string; name: string; token: string }
  | { kind: "reset-password"; to: string; name: string; token: string }
  | { kind: "already-registered"; to: string; name: string };
