"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { createAction } from "@/lib/actions/create-action";
import { releaseQuarantined } from "@/lib/use-cases/operations/release-quarantined";
import { replayEvent } from "@/lib/use-cases/operations/replay-event";
import { replaySet } from "@/lib/use-cases/operations/replay-set";
import { eventInput, eventSetInput } from "./_view/replay-input";

export const replayEventAction = createAction({
  name: "webhooks.replay",
  access: "operator",
  input: eventInput,
  run: async ({ id, replays }, viewer) => {
    await replayEvent({ viewer, id, seenReplays: replays });
    revalidatePath(`/admin/webhooks/${id}`);
    return { data: undefined };
  },
});

export const releaseEventAction = createAction({
  name: "webhooks.release",
  access: "operator",
  input: eventInput,
  run: async ({ id, replays }, viewer) => {
    await releaseQuarantined({ viewer, id, seenReplays: replays });
    revalidatePath(`/admin/webhooks/${id}`);
    return { data: undefined };
  },
});

export const replayWebhooksAction = createAction({
  name: "webhooks.replay-set",
  access: "operator",
  input: z.object({ requestKey: z.uuid("Please reload the page and try again."), filter: eventSetInput }),
  run: async ({ requestKey, filter }, viewer) => {
    await replaySet({ viewer, requestKey, set: { target: "INBOX", filter } });
    revalidatePath("/admin/webhooks");
    return { data: undefined };
  },
});
