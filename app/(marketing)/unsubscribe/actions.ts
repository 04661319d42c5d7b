"use server";

import { z } from "zod";
import { createAction } from "@/lib/actions/create-action";
import { setUnsubscribed } from "@/lib/use-cases/email/set-unsubscribed";

const input = z.object({
  token: z.string().min(1, "This link is not complete. Please open it from the mail again."),
});

/** The page again, which says how it is now. */
const pageOf = (token: string) => `/unsubscribe?${new URLSearchParams({ token })}`;

export const unsubscribeAction = createAction({
  name: "email.unsubscribe",
  access: "public",
  input,
  run: async ({ token }) => {
    await setUnsubscribed({ token, unsubscribed: true });
    return { data: undefined, redirectTo: pageOf(token) };
  },
});

export const resubscribeAction = createAction({
  name: "email.resubscribe",
  access: "public",
  input,
  run: async ({ token }) => {
    await setUnsubscribed({ token, unsubscribed: false });
    return { data: undefined, redirectTo: pageOf(token) };
  },
});
