import { paymentsScope } from "@/lib/payments-scope";
import { toDatabase } from "./enum-names";

/** The columns that key a vendor's ids, for the scope that this process works in. */
export function scopeColumns() {
  const { provider, mode, account } = paymentsScope();
  return { provider, mode: toDatabase(mode), account };
}
