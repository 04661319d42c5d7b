"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { formatTime } from "@/lib/status/format";

const EVERY_MS = 10_000;
const PATIENCE_MS = 5_000;

/** Whether anybody answers: a refresh that fails would take the page away and leave the browser's own error. */
async function isReachable(leaving: AbortSignal): Promise<boolean> {
  try {
    await fetch("/api/status", { signal: AbortSignal.any([leaving, AbortSignal.timeout(PATIENCE_MS)]) });
    return !leaving.aborted;
  } catch {
    return false;
  }
}

/** "just now", "42 seconds ago", "3 minutes ago" */
function ago(seconds: number): string {
  if (seconds < 5) return "just now";
  if (seconds < 100) return `${seconds} seconds ago`;
  return `${Math.round(seconds / 60)} minutes ago`;
}

/** How old what is shown is, counted from its arrival, whatever the reader's clock says; and renews the page meanwhile. */
export function LiveReading({ readAt }: { readAt: string }) {
  const router = useRouter();
  const [seconds, setSeconds] = useState<number | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new reading begins at zero.
  useEffect(() => {
    const arrivedAt = Date.now();
    const count = () => setSeconds(Math.round((Date.now() - arrivedAt) / 1_000));
    count();
    const timer = setInterval(count, 1_000);
    return () => clearInterval(timer);
  }, [readAt]);

  useEffect(() => {
    const leaving = new AbortController();
    const timer = setInterval(async () => {
      if (document.visibilityState === "visible" && (await isReachable(leaving.signal))) router.refresh();
    }, EVERY_MS);
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [router]);

  return (
    <p className="text-sm text-muted tabular-nums">
      Updated {seconds === null ? `at ${formatTime(readAt)}` : ago(seconds)}
    </p>
  );
}
