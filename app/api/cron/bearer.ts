import { createHash, timingSafeEqual } from "node:crypto";
import { env } from "@/lib/env";

/** Constant in time, whatever the lengths. */
function matches(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The answer to whoever does not bear CRON_SECRET; null for whoever does. */
export function refusal(request: Request): Response | null {
  const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (env.CRON_SECRET && matches(bearer, env.CRON_SECRET)) return null;
  return Response.json({ error: "unauthenticated" }, { status: 401 });
}
