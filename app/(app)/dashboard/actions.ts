"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { createAction } from "@/lib/actions/create-action";
import { createProject } from "@/lib/use-cases/workspace/create-project";
import { deleteProject } from "@/lib/use-cases/workspace/delete-project";

export const createProjectAction = createAction({
  name: "projects.create",
  access: "member",
  input: z.object({
    name: z.string().trim().min(1, "Please enter a name.").max(80, "Use at most 80 characters."),
  }),
  run: async ({ name }, viewer) => {
    await createProject({ viewer, name });
    revalidatePath("/dashboard");
    return { data: undefined };
  },
});

export const deleteProjectAction = createAction({
  name: "projects.delete",
  access: "member",
  input: z.object({ projectId: z.uuid("This project is gone already.") }),
  run: async ({ projectId }, viewer) => {
    await deleteProject({ viewer, projectId });
    revalidatePath("/dashboard");
    return { data: undefined };
  },
});
