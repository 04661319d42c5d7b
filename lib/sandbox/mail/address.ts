/** The bare address of `Name <email@example.com>`. */
export function addressOf(value: string): string {
  return /<([^<>]*)>\s*$/.exec(value)?.[1]?.trim() ?? value.trim();
}

/** `email@example.com` or `Name <email@example.com>`; deliberately no stricter than that. */
export function isAddress(value: string): boolean {
  return /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+$/.test(addressOf(value)) || /@localhost$/.test(addressOf(value));
}
