import type { CapabilityChoice, EnvironmentInput } from "./env";
import { sendgridPublicKey } from "./secrets";

type Values = Record<string, string>;
type MailVendor = "resend" | "sendgrid";

export type ChosenEmail = {
  /** The first vendor's, and the fallback's where there is one. */
  choices: CapabilityChoice[];
  served: CapabilityChoice["served"];
  variables: Values;
};

const VENDORS: Record<MailVendor, { name: string; key: string; sandboxKey: string }> = {
  resend: { name: "Resend", key: "RESEND_API_KEY", sandboxKey: "re_sandbox" },
  sendgrid: { name: "SendGrid", key: "SENDGRID_API_KEY", sandboxKey: "SG.sandbox" },
};

/** A name that is neither is refused later, by lib/env-rules.ts, in words of its own. */
const vendorOf = (name: string): MailVendor => (name === "sendgrid" ? "sendgrid" : "resend");

const hasRealKey = (values: Values, vendor: MailVendor): boolean => {
  const { key, sandboxKey } = VENDORS[vendor];
  return values[key] !== undefined && values[key] !== sandboxKey;
};

/** The first vendor's key decides for both: a sandbox and a real vendor are never mixed. */
export function chooseEmail(values: Values, input: EnvironmentInput): ChosenEmail {
  const provider = values.EMAIL_PROVIDER ?? "resend";
  const chosen = hasRealKey(values, vendorOf(provider))
    ? chooseVendors(values, provider)
    : chooseSandbox(values, provider, input);
  return {
    ...chosen,
    variables: {
      ...chosen.variables,
      // The stand-ins always run together, and sign with these.
      RESEND_WEBHOOK_SECRET: values.RESEND_WEBHOOK_SECRET ?? input.secrets.resendWebhook,
      SANDBOX_SENDGRID_PRIVATE_KEY: input.secrets.sendgridWebhookPrivate,
    },
  };
}

function chooseSandbox(values: Values, provider: string, { ports, secrets }: EnvironmentInput): ChosenEmail {
  const isOwnChoice = values.EMAIL_PROVIDER !== undefined || values.EMAIL_FALLBACK_PROVIDER !== undefined;
  const fallback = values.EMAIL_FALLBACK_PROVIDER ?? (isOwnChoice ? "" : "sendgrid");
  const uses = (vendor: string) => vendor === provider || vendor === fallback;
  const first = VENDORS[vendorOf(provider)];
  const second = VENDORS[vendorOf(provider) === "resend" ? "sendgrid" : "resend"];
  const unused = values[second.key] !== undefined && values[second.key] !== second.sandboxKey;
  const choices: CapabilityChoice[] = [
    {
      capability: "email",
      provider: `mail sandbox, as ${first.name}`,
      served: "local",
      why: `set ${first.key} for ${first.name}`,
      ...(unused
        ? {
            warning: `${second.key} is set, but not used: ${first.name} comes first, and ${first.key} is not set. EMAIL_PROVIDER names the first.`,
          }
        : {}),
    },
  ];
  if (fallback !== "") {
    choices.push({
      capability: "email fallback",
      provider: `mail sandbox, as ${VENDORS[vendorOf(fallback)].name}`,
      served: "local",
      why: isOwnChoice
        ? `EMAIL_FALLBACK_PROVIDER is ${fallback}`
        : "shown unless EMAIL_PROVIDER or EMAIL_FALLBACK_PROVIDER is set",
    });
  }
  return {
    choices,
    served: "local",
    variables: {
      EMAIL_PROVIDER: provider,
      EMAIL_FALLBACK_PROVIDER: fallback,
      EMAIL_FROM: values.EMAIL_FROM ?? "Breakwater <hello@breakwater.example>",
      RESEND_API_KEY: uses("resend") ? VENDORS.resend.sandboxKey : "",
      RESEND_BASE_URL: uses("resend") ? `http://127.0.0.1:${ports.resend}` : "",
      SENDGRID_API_KEY: uses("sendgrid") ? VENDORS.sendgrid.sandboxKey : "",
      SENDGRID_BASE_URL: uses("sendgrid") ? `http://127.0.0.1:${ports.sendgrid}` : "",
      SENDGRID_WEBHOOK_PUBLIC_KEY: uses("sendgrid") ? sendgridPublicKey(secrets) : "",
    },
  };
}

function chooseVendors(values: Values, provider: string): ChosenEmail {
  const first = VENDORS[vendorOf(provider)];
  const fallback = values.EMAIL_FALLBACK_PROVIDER ?? "";
  const isTestSender = values.EMAIL_FROM === undefined && provider === "resend";
  const choices: CapabilityChoice[] = [
    {
      capability: "email",
      provider: first.name,
      served: "vendor",
      why: `${first.key} is set`,
      ...(isTestSender
        ? {
            warning:
              "No EMAIL_FROM: onboarding@resend.dev is used, which delivers to your own Resend address only.",
          }
        : {}),
    },
  ];
  if (fallback !== "") {
    choices.push({
      capability: "email fallback",
      provider: VENDORS[vendorOf(fallback)].name,
      served: "vendor",
      why: `EMAIL_FALLBACK_PROVIDER is ${fallback}`,
    });
  }
  return {
    choices,
    served: "vendor",
    variables: {
      EMAIL_PROVIDER: provider,
      EMAIL_FALLBACK_PROVIDER: fallback,
      EMAIL_FROM: values.EMAIL_FROM ?? (isTestSender ? "Breakwater <onboarding@resend.dev>" : ""),
      RESEND_API_KEY: values.RESEND_API_KEY ?? "",
      RESEND_BASE_URL: "",
      SENDGRID_API_KEY: values.SENDGRID_API_KEY ?? "",
      SENDGRID_BASE_URL: "",
      SENDGRID_WEBHOOK_PUBLIC_KEY: values.SENDGRID_WEBHOOK_PUBLIC_KEY ?? "",
    },
  };
}
