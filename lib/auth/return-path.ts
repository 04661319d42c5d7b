/** Set by middleware on pages for signed-in people: path and query of what is asked for. */
export const PATH_HEADER = "x-breakwater-path";

/** Where a signed-in person goes by default. */
export const HOME_PATH = "/dashboard";

/** Browsers drop tabs and newlines from a URL before they read it. */
function hasControlCharacter(value: string): boolean {
  return [...value].some((character) => character < " ");
}

/**
 * A path of this site to go back to, or the home path. Everything that could lead elsewhere ("//host", "/\host",
 * "https:…", control characters) is refused, by resolving it as a browser would.
 */
export function safeReturnPath(value: string | null | undefined): string {
  if (!value?.startsWith("/") || value.includes("\\") || hasControlCharacter(value)) return HOME_PATH;
  const base = "http://return.invalid";
  try {
    const url = new URL(value, base);
    // What comes out counts too: "/..//host" is resolved to "//host".
    const isHere = url.origin === base && !url.pathname.startsWith("//");
    return isHere ? `${url.pathname}${url.search}${url.hash}` : HOME_PATH;
  } catch {
    return HOME_PATH;
  }
}
