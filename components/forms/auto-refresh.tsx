"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef, useTransition } from "react";

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
    const timer = setInterval(() => {
      if (Date.now() > endsAt) clearInterval(timer);
      // A slow answer must not pile up requests behind it.
      else if (!busy.current && document.visibilityState === "visible")
        startTransition(() => router.refresh());
    }, everyMs);
    return () => clearInterval(timer);
  }, [router, everyMs, forMs]);

  return null;
}
