/** What an alert says of work that does not go on by itself. For operators, so vendors are named. */
import type { Alert } from "./alert";

interface At {
  provider: string;
  mode: string;
}

const named = ({ provider, mode }: At) => `${provider} (${mode})`;
/** A vendor's word is written anywhere only if it looks like one: whoever signs can put anything there. */
const typeNamed = (type: string) => (/^[a-z0-9_.]{1,80}$/.test(type) ? type : "of an unusual type");
const paragraphs = (...lines: string[]) => lines.join("\n");

/** @param event `id`: ours */
export function eventGivenUp(event: At & { id: string; type: string }): Alert {
  const { provider, mode, id, type } = event;
  return {
    what: "event-given-up",
    severity: "critical",
    ...{ provider, mode, path: "/admin/webhooks" },
    title: `Webhooks: an event of ${named(event)} was given up`,
    text: paragraphs(
      `The event ${id} (${typeNamed(type)}) was tried for three days, or cannot be handled at all, and is not tried any more.`,
      "Meanwhile: what it tells of may be missing here, such as a payment, a change of plan or an end.",
      "Its page shows each attempt and its error. Mend the cause, then replay it from there: replaying is safe.",
    ),
  };
}

export function mailGivenUp(mail: At & { id: string }): Alert {
  const { provider, mode, id } = mail;
  return {
    what: "mail-given-up",
    severity: "warning",
    ...{ provider, mode, path: "/admin/emails" },
    title: `E-mail: a mail at ${named(mail)} was given up`,
    text: paragraphs(
      `The mail ${id} was tried for three days, or refused for good, and is not tried any more.`,
      "Meanwhile: its reader does not know what it says. A sign-in link can be asked for again; a receipt cannot.",
      "Its page shows each attempt and its error. Mend the cause, then have it sent from there.",
    ),
  };
}

/** An effect at a vendor that is no mail. */
export function commandGivenUp(command: At & { id: string; kind: string }): Alert {
  const { provider, mode, id, kind } = command;
  return {
    what: "command-given-up",
    severity: "critical",
    ...{ provider, mode, path: "/admin/emails" },
    title: `Outbox: a command to ${named(command)} was given up`,
    text: paragraphs(
      `The command ${id} (${kind}) was tried for three days, or refused for good, and is not tried any more.`,
      "Meanwhile: what it was to end goes on at the vendor, and may be charged for.",
      "Look at its last error, do at the vendor's dashboard what it was to do, or mend the cause and replay it.",
    ),
  };
}

/** @param event `reason`: words of ours */
export function eventQuarantined(event: At & { type: string; reason: string }): Alert {
  const { provider, mode, type, reason } = event;
  return {
    what: "events-quarantined",
    severity: "warning",
    ...{ provider, mode, path: "/admin/webhooks" },
    title: `Webhooks: an event of ${named(event)} was put aside`,
    text: paragraphs(
      `An event (${typeNamed(type)}) came that is not meant for this app as it is configured: ${reason}.`,
      "Meanwhile: it is kept and not handled, so that what it tells of is not reflected here.",
      "Compare the endpoint at the vendor (account, mode, API version) with the environment; then replay what is ours.",
    ),
  };
}
