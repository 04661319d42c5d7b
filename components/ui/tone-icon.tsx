import { CircleCheck, CircleDot, OctagonAlert, TriangleAlert } from "lucide-react";
import type { Tone } from "@/lib/billing/status";

const ICONS = { neutral: CircleDot, positive: CircleCheck, warning: TriangleAlert, critical: OctagonAlert };

/** The shape that stands for a tone, so that colour never stands alone. */
export function ToneIcon({ tone, className }: { tone: Tone; className?: string }) {
  const Icon = ICONS[tone];
  return <Icon aria-hidden="true" className={className} />;
}
