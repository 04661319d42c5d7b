"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef, useTransition } from "react";

const PATIENCE_MS = 3_000;

/**
 * A refresh that fails makes Next load the page anew: while the server is away, the tab would be left with the
 * browser's own error page, and nothing would follow any more. So the page that stands there stays until it is back.
 */
async function isServerThere(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch("/api/health", { method: "HEAD", cache: "no-store", signal });
    return response.ok;
  } catch {
    return false;
  }
}

/** Asks the server for this page anew every `everyMs`, for at most `forMs`, and only while someone can see it. */
export function AutoRefresh({ everyMs, forMs }: { everyMs: number; forMs: number }) {
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  const busy = useRef(false);

  useEffect(() => {
    busy.current = pending;
  }, [pending]);

  useEffect(() => {
    const endsAt = Date.now() + forMs;
    let asking = false;
    let left = false;

    async function renew(): Promise<void> {
      asking = true;
      const answers = await isServerThere();
      asking = false;
      if (answers && !left) startTransition(() => router.refresh());
    }

    const timer = setInterval(() => {
      if (Date.now() > endsAt) clearInterval(timer);
      // A slow answer must not pile up requests behind it.
      else if (!asking && !busy.current && document.visibilityState === "visible") void renew();
    }, everyMs);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [router, everyMs, forMs]);

  return null;
}
