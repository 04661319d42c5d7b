/** Whether a message can be done once more, and how; where it cannot, why not. */
import type { MailLife } from "@/lib/db/mail-life";

/** "replay": the same message is tried again. "resend": a new one of the same words. */
export type AgainKind = "replay" | "resend";

export interface Again {
  words: string;
  kinds: readonly AgainKind[];
}

type Message = Pick<MailLife, "kind" | "status" | "content">;

const NOT_TWICE =
  "A replay tries the same message again: nothing is done twice, and where that cannot be made sure any more it is given up again.";

function ofMail(status: Exclude<MailLife["status"], "pending">): Again {
  switch (status) {
    case "dead":
      return {
        words: `${NOT_TWICE} “Send again” is another mail of the same words, whatever became of this one.`,
        kinds: ["replay", "resend"],
      };
    case "suppressed":
      return {
        words:
          "It was not sent because its address is suppressed. While that is so, another mail of the same words is not sent either.",
        kinds: ["resend"],
      };
    case "sent":
      return {
        words: "Another mail of the same words goes to the same address. Who has this one has it twice then.",
        kinds: ["resend"],
      };
    default:
      return status satisfies never;
  }
}

/** Null where there is nothing to say: it goes out by itself, or it is done. */
export function againOf({ kind, status, content }: Message): Again | null {
  if (status === "pending") return null;
  switch (content.kind) {
    case "secret":
      return {
        words:
          "This mail carried a secret link to somebody’s account, which is not kept. It cannot be sent again from here: its reader can ask for a new one on the page where they asked for this one.",
        kinds: [],
      };
    case "pruned":
      return { words: "What it said is no longer kept, so it cannot be sent again.", kinds: [] };
    case "command":
      return status === "dead" ? { words: NOT_TWICE, kinds: ["replay"] } : null;
    case "mail":
      return kind === "email" ? ofMail(status) : null;
    default:
      return content satisfies never;
  }
}
