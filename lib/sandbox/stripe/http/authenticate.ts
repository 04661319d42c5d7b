import { invalidRequest } from "./api-error";

/** The only secret key that the sandbox knows. */
const SANDBOX_KEY = "sk_test_sandbox";

/**
 * Accepts the sandbox's key as `Bearer` or as the user of `Basic`.
 * @throws ApiError 401 with the vendor's words.
 */
export function authenticate(authorization: string | undefined): void {
  const key = readKey(authorization);
  if (!key) {
    const message =
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth " +
      "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details.";
    throw invalidRequest(message, undefined, undefined, 401);
  }
  if (key !== SANDBOX_KEY) {
    throw invalidRequest(`Invalid API Key provided: ${redact(key)}`, undefined, undefined, 401);
  }
}

function readKey(authorization: string | undefined): string | undefined {
  const [scheme, credentials] = authorization?.trim().split(/\s+/) ?? [];
  if (!credentials) return undefined;
  if (scheme?.toLowerCase() === "bearer") return credentials;
  if (scheme?.toLowerCase() !== "basic") return undefined;
  return Buffer.from(credentials, "base64").toString("utf8").split(":")[0];
}

function redact(key: string): string {
  return key.length <= 12
    ? "*".repeat(key.length)
    : `${key.slice(0, 8)}${"*".repeat(key.length - 12)}${key.slice(-4)}`;
}
