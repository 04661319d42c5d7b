/** An alert as it came, the way in which `GET /alerts.json` answers it. */
export interface ReceivedAlert {
  id: string;
  /** Unix milliseconds. */
  at: number;
  headers: Record<string, string>;
  /** The exact text. */
  body: string;
  /** The message's `text`. */
  text: string;
}
