import { Resend } from "resend";
import { type Answer, exchange, jsonOf } from "@/lib/http/exchange";

/**
 * The SDK over our own exchange. Its own `fetchRequest` resolves an abort, a refused connection, a reset and an answer
 * that cannot be read all alike, and swallows what they were; whether a mail may be on its way depends on it. This one
 * throws them. Answers with a status resolve as the SDK's do.
 */
export function createResendSdk(options: { apiKey: string; baseUrl: string | undefined }): Resend {
  const sdk = new Resend(options.apiKey, options.baseUrl ? { baseUrl: options.baseUrl } : {});
  const baseUrl = options.baseUrl ?? "https://api.resend.com";
  const fetchRequest = async (path: string, init: RequestInit = {}) => {
    const { method = "GET", body, headers, signal } = init;
    const answer = await exchange({
      url: `${baseUrl}${path}`,
      method,
      headers: new Headers(headers),
      body: typeof body === "string" ? body : undefined,
      signal: signal ?? new AbortController().signal,
    });
    const answered = Object.fromEntries(answer.headers);
    if (answer.status >= 200 && answer.status < 300) {
      return { data: await jsonOf(answer), error: null, headers: answered };
    }
    return {
      data: null,
      error: { name: await nameOf(answer), statusCode: answer.status, message: "" },
      headers: answered,
    };
  };
  sdk.fetchRequest = fetchRequest as Resend["fetchRequest"];
  return sdk;
}

/** The vendor's machine-readable name of a failure; the SDK's own word where there is none. */
async function nameOf(answer: Answer): Promise<string> {
  const body = await jsonOf(answer).catch(() => null);
  const name = body !== null && typeof body === "object" && "name" in body ? body.name : null;
  return typeof name === "string" && /^[a-z_]{1,64}$/.test(name) ? name : "application_error";
}
