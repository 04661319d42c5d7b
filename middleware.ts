import { getSessionCookie } from "better-auth/cookies";
import { type NextRequest, NextResponse } from "next/server";
import { PATH_HEADER } from "@/lib/auth/return-path";
import { CORRELATION_HEADER, correlationIdFrom } from "@/lib/correlation-id";

/**
 * Redirects and headers only; every page, action and route checks for itself who is asking. Public pages are left out,
 * because they are static and answer twice as fast without; webhooks, because a middleware would buffer their bodies.
 */
export const config = {
  runtime: "nodejs",
  matcher: ["/dashboard/:path*", "/billing/:path*", "/settings/:path*", "/admin/:path*"],
};

export function middleware(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  const path = `${pathname}${search}`;
  // A hint that saves a round trip, no proof: the page decides.
  if (!getSessionCookie(request, { cookiePrefix: "breakwater" })) {
    return NextResponse.redirect(new URL(`/sign-in?next=${encodeURIComponent(path)}`, request.url));
  }
  const headers = new Headers(request.headers);
  headers.set(PATH_HEADER, path);
  const correlationId = correlationIdFrom(headers.get(CORRELATION_HEADER));
  headers.set(CORRELATION_HEADER, correlationId);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set(CORRELATION_HEADER, correlationId);
  return response;
}
