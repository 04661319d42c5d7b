import { emailMode, paymentsScope, providerMode } from "@/lib/provider-scope";
import { toDatabase } from "./enum-names";

/** The columns that key a payments vendor's ids, for the scope that this process works in. */
export function scopeColumns() {
  const { provider, mode, account } = paymentsScope();
  return { provider, mode: toDatabase(mode), account };
}

/** The mode in which this process sends mail. */
export function emailModeColumn() {
  return toDatabase(emailMode());
}

/** The mode in which this process tells whoever is on call. */
export function onCallModeColumn() {
  return toDatabase(providerMode("oncall"));
}
