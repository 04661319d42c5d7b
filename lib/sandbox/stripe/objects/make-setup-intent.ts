import { createClientSecret, createId } from "../ids";
import type { Metadata, SetupIntent } from "../wire";

export interface SetupIntentInput {
  created: number;
  customer: string | null;
  paymentMethod?: string | null;
  description?: string | null;
  metadata?: Metadata;
  usage?: string;
}

export function makeSetupIntent(input: SetupIntentInput): SetupIntent {
  const id = createId("seti");
  return {
    id,
    object: "setup_intent",
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: createClientSecret(id),
    created: input.created,
    customer: input.customer,
    customer_account: null,
    description: input.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: input.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: input.paymentMethod ?? null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ["card"],
    single_use_mandate: null,
    status: input.paymentMethod ? "requires_confirmation" : "requires_payment_method",
    usage: input.usage ?? "off_session",
  };
}
