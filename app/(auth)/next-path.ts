import { HOME_PATH, safeReturnPath } from "@/lib/auth/return-path";

/** Where to go after signing in, from what a URL says; only ever a path of this site. */
export function nextPath(value: string | string[] | undefined): string {
  return safeReturnPath(typeof value === "string" ? value : null);
}

/** A link of the auth pages that does not lose where the person was going. */
export function withNext(path: string, next: string): string {
  return next === HOME_PATH ? path : `${path}?next=${encodeURIComponent(next)}`;
}
