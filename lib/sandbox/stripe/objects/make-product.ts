import { createId } from "../ids";
import type { Metadata, Product } from "../wire";

export interface ProductInput {
  created: number;
  name: string;
  id?: string;
  active?: boolean;
  description?: string | null;
  images?: string[];
  marketingFeatures?: string[];
  metadata?: Metadata;
  unitLabel?: string | null;
  url?: string | null;
}

export function makeProduct(input: ProductInput): Product {
  return {
    id: input.id ?? createId("prod"),
    object: "product",
    active: input.active ?? true,
    created: input.created,
    default_price: null,
    description: input.description ?? null,
    images: input.images ?? [],
    livemode: false,
    marketing_features: (input.marketingFeatures ?? []).map((name) => ({ name })),
    metadata: input.metadata ?? {},
    name: input.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: input.unitLabel ?? null,
    updated: input.created,
    url: input.url ?? null,
  };
}
