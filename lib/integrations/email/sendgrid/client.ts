import { createRestClient, type RestClient } from "@/lib/http/client";
import type { Policy } from "@/lib/resilience/policy";
import { PROVIDER, quotaOf, toIntegrationError } from "./errors";

/** Of accounts outside the European region: https://www.twilio.com/docs/sendgrid/api-reference */
const SENDGRID = "https://api.sendgrid.com";

export function createSendGridClient(options: {
  apiKey: string;
  baseUrl: string | undefined;
  policy: Policy;
}): RestClient {
  return createRestClient({
    provider: PROVIDER,
    baseUrl: options.baseUrl ?? SENDGRID,
    headers: { authorization: `Bearer ${options.apiKey}` },
    policy: options.policy,
    toError: (answer, operation) => toIntegrationError(answer, operation),
    observed: (headers) => ({ requestId: headers.get("x-message-id"), quota: quotaOf(headers) }),
  });
}
