import { Activity, ChevronDown, LogOut, Settings } from "lucide-react";
import { signOutAction } from "@/app/(auth)/actions";
import { ActionForm } from "@/components/forms/action-form";
import { LinkButton } from "@/components/ui/link-button";
import type { Viewer } from "@/lib/billing/views";

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(
    (word) => [...(word ?? "")][0] ?? "",
  );
  return letters.join("").toUpperCase() || "?";
}

/**
 * Who is signed in, and the way out. The browser's own popover: it opens by keyboard or click, closes on Escape or a
 * click elsewhere, and works without JavaScript, so that signing out always does.
 */
export function UserMenu({ viewer }: { viewer: Viewer }) {
  return (
    <div>
      <button
        type="button"
        popoverTarget="user-menu"
        aria-label={`Account of ${viewer.name}`}
        className="flex min-h-10 items-center gap-2 rounded-full pr-2 pl-1 hover:bg-sunken"
      >
        {/* Drawn rather than written: whoever speaks to their computer calls the button by the name beside it. */}
        <span
          aria-hidden="true"
          data-initials={initials(viewer.name)}
          className="flex size-8 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent before:content-[attr(data-initials)]"
        />
        <span className="hidden max-w-40 truncate text-sm font-medium sm:block">{viewer.name}</span>
        <ChevronDown aria-hidden="true" className="size-4 text-muted" />
      </button>
      <div
        id="user-menu"
        popover="auto"
        className="user-menu w-72 max-w-[calc(100vw-2rem)] rounded-xl border border-line bg-surface p-2 text-ink shadow-raised"
      >
        <div className="border-b px-3 pt-2 pb-4">
          <p className="truncate font-medium">{viewer.name}</p>
          <p className="truncate text-sm text-muted">{viewer.email}</p>
          <p className="mt-3 text-sm break-words text-muted">
            Workspace <span className="font-medium text-ink">{viewer.workspaceName}</span>
          </p>
        </div>
        <div className="pt-2">
          <LinkButton
            href="/settings"
            variant="quiet"
            width="full"
            className="justify-start gap-3 px-3 focus-visible:-outline-offset-2"
          >
            <Settings aria-hidden="true" className="size-4 text-muted" />
            Settings
          </LinkButton>
          {viewer.isOperator ? (
            <LinkButton
              href="/admin/integrations"
              variant="quiet"
              width="full"
              className="justify-start gap-3 px-3 focus-visible:-outline-offset-2"
            >
              <Activity aria-hidden="true" className="size-4 text-muted" />
              Operator console
            </LinkButton>
          ) : null}
          <ActionForm
            action={signOutAction}
            variant="quiet"
            className="justify-start gap-3 px-3 focus-visible:-outline-offset-2"
            pendingLabel="Signing out…"
          >
            <LogOut aria-hidden="true" className="size-4 text-muted" />
            Sign out
          </ActionForm>
        </div>
      </div>
    </div>
  );
}
