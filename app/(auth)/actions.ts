"use server";

import { headers } from "next/headers";
import { z } from "zod";
import { createAction } from "@/lib/actions/create-action";
import { rememberReturnPath, takeReturnPath } from "@/lib/actions/return-cookie";
import { applySessionChange } from "@/lib/actions/session-cookies";
import { safeReturnPath } from "@/lib/auth/return-path";
import { requestPasswordReset } from "@/lib/use-cases/auth/request-password-reset";
import { resendVerification } from "@/lib/use-cases/auth/resend-verification";
import { resetPassword } from "@/lib/use-cases/auth/reset-password";
import { signIn } from "@/lib/use-cases/auth/sign-in";
import { signOut } from "@/lib/use-cases/auth/sign-out";
import { signOutEverywhere } from "@/lib/use-cases/auth/sign-out-everywhere";
import { signUp } from "@/lib/use-cases/auth/sign-up";
import { verifyEmail } from "@/lib/use-cases/auth/verify-email";

const email = z.string().trim().toLowerCase().pipe(z.email("This does not look like an e-mail address."));
const password = z.string().min(10, "Use at least 10 characters.").max(128, "Use at most 128 characters.");
const token = z.string().min(1, "This link is not complete. Please open it from the mail again.");
const nothing = z.object({});

export const signUpAction = createAction({
  name: "auth.sign-up",
  access: "public",
  input: z.object({
    name: z.string().trim().min(1, "Please enter your name.").max(100, "Use at most 100 characters."),
    email,
    password,
    next: z.string().optional(),
  }),
  run: async ({ next, ...input }) => {
    await signUp(input);
    await rememberReturnPath(next);
    return { data: { email: input.email } };
  },
});

export const signInAction = createAction({
  name: "auth.sign-in",
  access: "public",
  input: z.object({
    email,
    password: z.string().min(1, "Please enter your password."),
    next: z.string().optional(),
  }),
  run: async ({ next, ...credentials }) => {
    await applySessionChange(await signIn({ ...credentials, headers: await headers() }));
    return { data: undefined, redirectTo: safeReturnPath(next) };
  },
});

export const signOutAction = createAction({
  name: "auth.sign-out",
  access: "public",
  input: nothing,
  run: async () => {
    await applySessionChange(await signOut({ headers: await headers() }));
    return { data: undefined, redirectTo: "/sign-in" };
  },
});

export const signOutEverywhereAction = createAction({
  name: "auth.sign-out-everywhere",
  access: "member",
  input: nothing,
  run: async (_input, viewer) => {
    await applySessionChange(await signOutEverywhere({ viewer, headers: await headers() }));
    return { data: undefined, redirectTo: "/sign-in" };
  },
});

export const requestPasswordResetAction = createAction({
  name: "auth.request-password-reset",
  access: "public",
  input: z.object({ email }),
  run: async (input) => {
    await requestPasswordReset(input);
    return { data: { email: input.email } };
  },
});

export const resetPasswordAction = createAction({
  name: "auth.reset-password",
  access: "public",
  input: z.object({ token, password }),
  run: async (input) => {
    await resetPassword(input);
    return { data: undefined, redirectTo: "/sign-in?notice=password-changed" };
  },
});

export const verifyEmailAction = createAction({
  name: "auth.verify-email",
  access: "public",
  input: z.object({ token }),
  run: async (input) => {
    await applySessionChange(await verifyEmail({ ...input, headers: await headers() }));
    return { data: undefined, redirectTo: await takeReturnPath() };
  },
});

export const resendVerificationAction = createAction({
  name: "auth.resend-verification",
  access: "public",
  input: z.object({ email }),
  run: async (input) => {
    await resendVerification(input);
    return { data: { email: input.email } };
  },
});
