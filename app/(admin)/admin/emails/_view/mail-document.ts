/** A mail as the document of a frame in which nothing runs, nothing is loaded and nothing leads anywhere. */

/** Beside the frame's own sandbox: what a mail names of other machines is not asked for, so that nobody is told of a look. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:";

/**
 * For `srcdoc`. What stands here comes before anything of the mail, so that none of it is left out of the policy; a
 * link wants a new window, which the sandbox refuses.
 */
export function mailDocument(html: string): string {
  return [
    "<!doctype html>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<base target="_blank">',
    "<style>a,area,button{pointer-events:none}</style>",
    html,
  ].join("");
}
