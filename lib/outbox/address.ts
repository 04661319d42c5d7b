/** As the outbox and the suppression list keep an address, so that they can be compared. */
export function normalAddress(to: string): string {
  return to.trim().toLowerCase();
}
