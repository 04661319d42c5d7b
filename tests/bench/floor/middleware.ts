import { NextResponse } from "next/server";

/** Never runs: without a file of its own, Next takes the one of the repository around it. */
export const config = { runtime: "nodejs", matcher: ["/never"] };

export function middleware(): NextResponse {
  return NextResponse.next();
}
