/** What was asked of the control port was not understood; the message says which member and why. */
export class ControlRefusedError extends Error {
  override name = "ControlRefusedError";
}
