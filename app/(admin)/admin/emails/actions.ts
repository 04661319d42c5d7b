"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { addressOf } from "@/app/(admin)/admin/_view/keyset";
import { createAction } from "@/lib/actions/create-action";
import { AppError } from "@/lib/errors/app-error";
import { removeSuppression } from "@/lib/use-cases/operations/remove-suppression";
import { replayMessage } from "@/lib/use-cases/operations/replay-message";
import { replaySet } from "@/lib/use-cases/operations/replay-set";
import { resendMail } from "@/lib/use-cases/operations/resend-mail";
import { askedMails } from "./_view/asked-mails";
import { writeRemovals } from "./suppressions/_view/removals";

const PAGE = "/admin/emails";

export const replayMailAction = createAction({
  name: "mails.replay",
  access: "operator",
  input: z.object({ id: z.uuid("There is no message to replay.") }),
  run: async ({ id }, viewer) => {
    if (!(await replayMessage({ viewer, id }))) {
      throw new AppError("conflict", {
        userMessage:
          "This message is not given up any more, or its content is gone. Please reload the page to see how it stands.",
      });
    }
    revalidatePath(PAGE, "layout");
    return { data: undefined };
  },
});

export const replayMailsAction = createAction({
  name: "mails.replay-set",
  access: "operator",
  input: z.object({
    requestKey: z.uuid("Please reload the page, and ask again."),
    query: z.string("Please reload the page, and ask again.").max(4_000),
  }),
  run: async ({ requestKey, query }, viewer) => {
    const { filter } = await askedMails(Object.fromEntries(new URLSearchParams(query)));
    if (filter?.status !== "dead") {
      throw new AppError("invalid_input", {
        userMessage: "Only what was given up can be replayed. Please reload the page, and ask again.",
      });
    }
    await replaySet({
      viewer,
      requestKey,
      set: { target: "OUTBOX", filter: { ...filter, status: "dead" } },
    });
    revalidatePath(PAGE, "layout");
    return { data: undefined };
  },
});

export const resendMailAction = createAction({
  name: "mails.resend",
  access: "operator",
  input: z.object({
    id: z.uuid("There is no mail to send again."),
    seenResends: z.coerce.number("Please reload the page, and ask again.").int().min(0),
  }),
  run: async ({ id, seenResends }, viewer) => {
    const sent = await resendMail({ viewer, messageId: id, seenResends });
    revalidatePath(PAGE, "layout");
    return { data: undefined, redirectTo: `${PAGE}/${sent.id}` };
  },
});

export const removeSuppressionAction = createAction({
  name: "mails.remove-suppression",
  access: "operator",
  input: z.object({
    id: z.uuid("There is no address to take off the list."),
    address: z.string().max(200).default(""),
  }),
  run: async ({ id, address }, viewer) => {
    const atVendors = await removeSuppression({ viewer, id });
    revalidatePath(PAGE, "layout");
    const removed = writeRemovals(atVendors);
    return { data: undefined, redirectTo: addressOf(`${PAGE}/suppressions`, { address, removed }) };
  },
});
