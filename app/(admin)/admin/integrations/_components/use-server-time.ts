"use client";

import { useEffect, useState } from "react";

/**
 * The server's clock in the browser, in milliseconds: begins with the time of the answer, and goes on from there.
 * @param ticking whether anybody needs it to go on
 */
export function useServerTime(renderedAt: Date, ticking: boolean): number {
  const base = renderedAt.getTime();
  const [elapsed, setElapsed] = useState({ base, ms: 0 });

  useEffect(() => {
    if (!ticking) return;
    const startedAt = performance.now();
    const timer = setInterval(() => setElapsed({ base, ms: performance.now() - startedAt }), 500);
    return () => clearInterval(timer);
  }, [base, ticking]);

  return elapsed.base === base ? base + elapsed.ms : base;
}
