import { isAppError } from "@/lib/errors/app-error";
import { errorFields, logger } from "@/lib/logger";
import { setUnsubscribed } from "@/lib/use-cases/email/set-unsubscribed";

const tokenOf = (request: Request) => new URL(request.url).searchParams.get("token") ?? "";

/**
 * One click in a mail program, which sends this in its reader's name: nothing is asked, nothing is shown, and it is
 * not sent elsewhere. https://www.rfc-editor.org/rfc/rfc8058#section-3.2
 */
export async function POST(request: Request): Promise<Response> {
  try {
    await setUnsubscribed({ token: tokenOf(request), unsubscribed: true });
    return new Response(null, { status: 200 });
  } catch (error) {
    if (isAppError(error) && error.code === "invalid_input") return new Response(null, { status: 400 });
    logger.error(errorFields(error), "could not be unsubscribed; the mail program may try again");
    return new Response(null, { status: 503, headers: { "retry-after": "60" } });
  }
}

/** Somebody has opened the header's address as a page: the page asks first. */
export function GET(request: Request): Response {
  const location = `/unsubscribe?${new URLSearchParams({ token: tokenOf(request) })}`;
  return new Response(null, { status: 303, headers: { location } });
}
