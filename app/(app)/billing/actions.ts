"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { createAction } from "@/lib/actions/create-action";
import { BILLING_INTERVALS } from "@/lib/billing/plans";
import { cancelSubscription } from "@/lib/use-cases/billing/cancel-subscription";
import { changePlan } from "@/lib/use-cases/billing/change-plan";
import { openPortal } from "@/lib/use-cases/billing/open-portal";
import { recheckCheckout } from "@/lib/use-cases/billing/recheck-checkout";
import { resumeSubscription } from "@/lib/use-cases/billing/resume-subscription";
import { startCheckout } from "@/lib/use-cases/billing/start-checkout";

const choice = z.object({
  planKey: z.enum(["pro", "team"], "Please choose a plan."),
  interval: z.enum(BILLING_INTERVALS, "Please choose monthly or yearly."),
});
const nothing = z.object({});

export const startCheckoutAction = createAction({
  name: "billing.start-checkout",
  access: "manager",
  input: choice,
  run: async (input, viewer) => {
    const { url } = await startCheckout({ viewer, choice: input });
    return { data: undefined, redirectTo: url };
  },
});

export const changePlanAction = createAction({
  name: "billing.change-plan",
  access: "manager",
  input: choice,
  run: async (input, viewer) => {
    await changePlan({ viewer, choice: input });
    revalidatePath("/billing");
    return { data: undefined };
  },
});

export const cancelSubscriptionAction = createAction({
  name: "billing.cancel",
  access: "manager",
  input: nothing,
  run: async (_input, viewer) => {
    await cancelSubscription({ viewer });
    revalidatePath("/billing");
    return { data: undefined };
  },
});

export const resumeSubscriptionAction = createAction({
  name: "billing.resume",
  access: "manager",
  input: nothing,
  run: async (_input, viewer) => {
    await resumeSubscription({ viewer });
    revalidatePath("/billing");
    return { data: undefined };
  },
});

export const openPortalAction = createAction({
  name: "billing.open-portal",
  access: "manager",
  input: nothing,
  run: async (_input, viewer) => {
    const { url } = await openPortal({ viewer });
    return { data: undefined, redirectTo: url };
  },
});

export const recheckCheckoutAction = createAction({
  name: "billing.recheck-checkout",
  access: "manager",
  input: z.object({ operationId: z.uuid("There is no payment to look for.") }),
  run: async ({ operationId }, viewer) => {
    await recheckCheckout({ viewer, operationId });
    return { data: undefined };
  },
});
