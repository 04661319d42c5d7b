/** Our own id of a mail, as a tag: the vendor repeats it in each report. */
export const KEY_TAG = "outbox_id";
