"use server";

import { revalidatePath } from "next/cache";
import { headers } from "next/headers";
import { z } from "zod";
import { createAction } from "@/lib/actions/create-action";
import { updateProfile } from "@/lib/use-cases/auth/update-profile";
import { renameWorkspace } from "@/lib/use-cases/workspace/rename-workspace";

const name = z.string().trim().min(1, "Please enter a name.").max(100, "Use at most 100 characters.");

export const updateProfileAction = createAction({
  name: "settings.update-profile",
  access: "member",
  input: z.object({ name }),
  run: async (input) => {
    await updateProfile({ ...input, headers: await headers() });
    revalidatePath("/", "layout");
    return { data: undefined };
  },
});

export const renameWorkspaceAction = createAction({
  name: "settings.rename-workspace",
  access: "manager",
  input: z.object({ name }),
  run: async (input, viewer) => {
    await renameWorkspace({ viewer, ...input });
    revalidatePath("/", "layout");
    return { data: undefined };
  },
});
