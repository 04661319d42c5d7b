"use client";

import { usePathname } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { ToneIcon } from "@/components/ui/tone-icon";
import { type CapabilityId, type CapabilityStatus, noticeFor } from "@/lib/status/capabilities";
import { readStatusAnswer } from "@/lib/status/read-status-answer";

type Known = Pick<CapabilityStatus, "id" | "status">[];

const EVERY_MS = 10_000;
const PATIENCE_MS = 5_000;

async function ask(leaving: AbortSignal): Promise<Known | null> {
  try {
    const signal = AbortSignal.any([leaving, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await fetch("/api/status", { signal });
    return response.ok ? readStatusAnswer(await response.json()) : null;
  } catch {
    // No answer says nothing new: what was known stays, and the next look is soon.
    return null;
  }
}

/**
 * What the server knew when it rendered, or else what is heard at once; then what is heard each 10 s while somebody
 * looks, and at each navigation.
 */
function useServiceStatus(rendered: Known | null): Known {
  const pathname = usePathname();
  const [known, setKnown] = useState<Known>(rendered ?? []);
  const [lastRendered, setLastRendered] = useState(rendered);
  const heardOn = useRef(rendered ? pathname : null);

  // A refresh of the page brings news as well.
  if (rendered !== lastRendered) {
    setLastRendered(rendered);
    if (rendered) setKnown(rendered);
  }

  useEffect(() => {
    const leaving = new AbortController();
    async function look(): Promise<void> {
      if (document.visibilityState !== "visible") return;
      const heard = await ask(leaving.signal);
      if (!heard || leaving.signal.aborted) return;
      heardOn.current = pathname;
      setKnown(heard);
    }
    if (heardOn.current !== pathname) void look();
    const timer = setInterval(look, EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      leaving.abort();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [pathname]);

  return known;
}

interface ServiceNoticeProps {
  /** As of the rendering; null where that could not be told, and on pages that were rendered beforehand. */
  capabilities: Known | null;
  /** What matters here; by default everything. */
  about?: readonly CapabilityId[];
}

/** Says what is limited for as long as it is, and nothing while all is well. */
export function ServiceNotice({ capabilities, about }: ServiceNoticeProps) {
  const notices = useServiceStatus(capabilities)
    .filter(({ id }) => about?.includes(id) ?? true)
    .flatMap((capability) => noticeFor(capability) ?? []);
  return (
    <div aria-live="polite">
      {notices.length === 0 ? null : (
        <div className="border-b border-warning/30 bg-warning-soft text-sm text-warning">
          <div className="mx-auto flex max-w-6xl items-start gap-3 px-4 py-3 sm:px-6">
            <ToneIcon tone="warning" className="mt-px size-5 shrink-0" />
            <div className="min-w-0 flex-1 sm:flex sm:items-start sm:justify-between sm:gap-6">
              <div className="space-y-1">
                {notices.map((notice) => (
                  <p key={notice}>{notice}</p>
                ))}
              </div>
              <a
                href="/status"
                className="-mb-2.5 inline-flex min-h-10 shrink-0 items-center rounded-md font-medium underline underline-offset-4 sm:-mt-2.5"
              >
                Service status
              </a>
            </div>
          </div>
        </div>
      )}
    </div>
  );
}
