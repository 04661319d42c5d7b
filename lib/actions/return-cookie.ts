import "server-only";
import { cookies } from "next/headers";
import { safeReturnPath } from "@/lib/auth/return-path";
import { appUrl } from "@/lib/env";

const NAME = "breakwater.next";
const LIVES_SECONDS = 24 * 60 * 60;

/** Remembers where somebody was going when they signed up: the confirmation by mail comes in between. */
export async function rememberReturnPath(path: string | undefined): Promise<void> {
  (await cookies()).set(NAME, safeReturnPath(path), {
    path: "/",
    httpOnly: true,
    sameSite: "lax",
    secure: appUrl().startsWith("https://"),
    maxAge: LIVES_SECONDS,
  });
}

/** Where they were going, once; the home path in another browser. */
export async function takeReturnPath(): Promise<string> {
  const jar = await cookies();
  const path = safeReturnPath(jar.get(NAME)?.value);
  jar.delete(NAME);
  return path;
}
