/**
 * What a person would set in the vendor's dashboard; `POST /settings` on the control port:
 * `{"vendor": "stripe", "afterRetries"?: "cancel" | "mark_unpaid" | "leave_past_due", "upcomingDays"?: 0 | 3 | 7 | 15 | 30 | 45}`.
 * https://docs.stripe.com/billing/revenue-recovery/smart-retries
 */
import { z } from "zod";
import { ControlRefusedError } from "@/lib/sandbox/kernel/controls";
import type { BillingSettings } from "./tables";
import type { World } from "./world";

const DEFAULTS: BillingSettings = { afterRetries: "cancel", upcomingDays: 7 };

const settingsSchema = z.strictObject({
  afterRetries: z.enum(["cancel", "mark_unpaid", "leave_past_due"]).optional(),
  upcomingDays: z.literal([0, 3, 7, 15, 30, 45]).optional(),
});

export function settingsOf(world: World): BillingSettings {
  return world.list("account")[0]?.settings ?? DEFAULTS;
}

/** @throws ControlRefusedError */
export function changeSettings(world: World, input: unknown): { settings: BillingSettings } {
  const parsed = settingsSchema.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join(".") || "body"}: ${issue.message}`,
    );
    throw new ControlRefusedError(problems.join("; "));
  }
  const [account] = world.list("account");
  if (!account) throw new ControlRefusedError("The account is not laid down yet.");
  const settings = { ...settingsOf(world), ...parsed.data };
  world.put("account", { ...account, settings });
  return { settings };
}
