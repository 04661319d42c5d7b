/**
 * Mails that carry a link to somebody's account are encrypted while they wait, and scrubbed once delivered: whoever
 * reads the table (an operator, a backup) cannot take over an account with it.
 */
import { createSealer } from "./sealer";

export const { seal, open } = createSealer("breakwater outbox payload v1");
