"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { createAction } from "@/lib/actions/create-action";
import { overrideCircuit } from "@/lib/use-cases/operations/override-circuit";
import { testIntegration } from "@/lib/use-cases/operations/test-integration";

export const overrideCircuitAction = createAction({
  name: "integrations.override-circuit",
  access: "operator",
  input: z.object({
    provider: z.string().min(1, "There is no breaker to change."),
    effect: z.enum(["read", "write"], "There is no breaker to change."),
    override: z.enum(["open", "close", "reset"], "Please choose what to do."),
  }),
  run: async (input, viewer) => {
    await overrideCircuit({ viewer, ...input });
    revalidatePath("/admin/integrations");
    return { data: undefined };
  },
});

export const testIntegrationAction = createAction({
  name: "integrations.test",
  access: "operator",
  input: z.object({
    capability: z.enum(["payments", "email", "on-call", "monitoring"], "There is nothing to test here."),
  }),
  run: async ({ capability }, viewer) => ({ data: await testIntegration({ viewer, capability }) }),
});
