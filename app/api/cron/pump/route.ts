import { createHash, timingSafeEqual } from "node:crypto";
import { env } from "@/lib/env";
import { pump } from "@/lib/webhooks/process";

export const maxDuration = 60;

/** Constant in time, whatever the lengths. */
function matches(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** For a cron of the host's: does what is due. */
export async function GET(request: Request): Promise<Response> {
  const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (!env.CRON_SECRET || !matches(bearer, env.CRON_SECRET)) {
    return Response.json({ error: "unauthenticated" }, { status: 401 });
  }
  return Response.json(await pump.run(40_000));
}
