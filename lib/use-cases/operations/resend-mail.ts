import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import {
  findResendable,
  idUnderKey,
  MAXIMUM_RESENDS,
  type ResendableMail,
  resendKey,
} from "@/lib/db/mail-resends";
import { AppError } from "@/lib/errors/app-error";
import { enqueueMail } from "@/lib/outbox/enqueue";
import { type FrozenMail, frozenMailSchema } from "@/lib/outbox/frozen-mail";

export interface ResendMail {
  viewer: Viewer;
  messageId: string;
  /** How often it had been sent again when the operator looked at it: `listResends`. */
  seenResends: number;
}

function conflict(userMessage: string): AppError {
  return new AppError("conflict", { userMessage });
}

function contentOf(mail: ResendableMail): FrozenMail {
  if (mail.status === "PENDING") throw conflict("This mail is still on its way. It goes out by itself.");
  if (mail.payloadPrunedAt !== null) {
    throw conflict("What this mail said is not kept any more: it is too old. It cannot be sent again.");
  }
  if (mail.payload === null) {
    throw conflict(
      "This mail carried a secret link, which is not kept. Its reader can ask for a new one themselves.",
    );
  }
  return frozenMailSchema.parse(mail.payload);
}

/**
 * Sends a mail once more, word for word, as a message of its own that goes the way of all mail: also past the
 * suppression list. Asked twice for the same look at it, it is done once. Answers the new message's id.
 * @throws AppError not_found where there is no such mail, conflict where it cannot be sent again
 */
export async function resendMail({ viewer, messageId, seenResends }: ResendMail): Promise<{ id: string }> {
  const mail = await findResendable(messageId);
  if (mail === null) {
    throw new AppError("not_found", { userMessage: "There is no such mail. Please reload the page." });
  }
  const content = contentOf(mail);
  const place = seenResends + 1;
  if (place > MAXIMUM_RESENDS) throw conflict("This mail was sent again often enough.");
  const businessKey = resendKey(messageId, place);
  return db().$transaction(async (tx) => {
    const { workspaceId } = mail;
    const isNew = await enqueueMail(tx, { businessKey, mail: content, workspaceId });
    const id = await idUnderKey(tx, businessKey);
    if (isNew) {
      await recordAudit(tx, {
        ...{ workspaceId, actorId: viewer.userId },
        action: "mail.resent",
        detail: { messageId, resentAs: id, place },
      });
    }
    return { id };
  });
}
