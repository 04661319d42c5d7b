import { Badge } from "@/components/ui/badge";
import type { Tone } from "@/lib/billing/status";

/** A state as operators read it. */
export interface StatusWords {
  label: string;
  tone: Tone;
}

export function StatusTag({ words: { label, tone } }: { words: StatusWords }) {
  return <Badge tone={tone}>{label}</Badge>;
}
