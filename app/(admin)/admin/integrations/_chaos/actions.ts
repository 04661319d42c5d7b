"use server";

import { revalidatePath } from "next/cache";
import { after } from "next/server";
import { z } from "zod";
import { createAction } from "@/lib/actions/create-action";
import { isSandbox } from "@/lib/env";
import { AppError } from "@/lib/errors/app-error";
import { breakProvider, CHAOS_FAULTS, healProvider } from "@/lib/sandbox-control";
import { makeTraffic } from "@/lib/use-cases/operations/make-traffic";

const HEALTHY = "healthy";
const PROVIDERS = ["stripe", "resend", "sendgrid", "oncall"] as const;

export const breakProviderAction = createAction({
  name: "sandbox.break-provider",
  access: "operator",
  input: z.object({
    provider: z.enum(PROVIDERS, "There is no such stand-in."),
    fault: z.enum([...CHAOS_FAULTS, HEALTHY], "Please choose what to break."),
  }),
  run: async ({ provider, fault }) => {
    if (fault === HEALTHY) await healProvider(provider);
    else await breakProvider(provider, fault);
    revalidatePath("/admin/integrations");
    return { data: undefined };
  },
});

export const makeTrafficAction = createAction({
  name: "sandbox.make-traffic",
  access: "operator",
  input: z.object({
    capability: z.enum(["payments", "email", "on-call"], "There is nothing to call here."),
  }),
  run: async ({ capability }, viewer) => {
    if (!isSandbox) throw new AppError("not_found", { userMessage: "There is no sandbox here." });
    // After the answer: while an action is under way the page would not renew itself, and that is what is watched.
    after(() => makeTraffic({ viewer, capability }));
    return { data: undefined };
  },
});
