"use client";

import { useEffect, useState } from "react";
import { ToneIcon } from "@/components/ui/tone-icon";
import { formatClock } from "../_view/format";

/** Without an answer for so long, what stands on the page is no longer what is. */
const STALE_AFTER_MS = 6_000;

const WORDS = {
  /** Without a script, or before it runs. */
  still: { tone: "neutral", words: "As of", colour: "text-muted" },
  live: { tone: "positive", words: "Live, as of", colour: "text-positive" },
  stale: { tone: "warning", words: "No answer for a while. As of", colour: "text-warning" },
} as const;

/** Of when the page is, and whether it still follows. */
export function LiveStamp({ renderedAt }: { renderedAt: Date }) {
  const time = renderedAt.getTime();
  const [state, setState] = useState<keyof typeof WORDS>("still");

  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer of the server begins the wait anew.
  useEffect(() => {
    setState("live");
    const timer = setTimeout(() => setState("stale"), STALE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [time]);

  const { tone, words, colour } = WORDS[state];
  return (
    <p className="flex items-center gap-2 text-sm text-muted tabular-nums">
      <ToneIcon tone={tone} className={`size-4 ${colour}`} />
      {words} {formatClock(renderedAt)} UTC
    </p>
  );
}
