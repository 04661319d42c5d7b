import { LinkButton } from "@/components/ui/link-button";
import type { Place } from "@/lib/db/keyset";
import { addressOf, writePlace } from "../_view/keyset";

interface PagerProps {
  /** Of the list. */
  path: string;
  /** The filters that stay as they are. */
  parameters: Readonly<Record<string, string | null | undefined>>;
  /** Null where there is nothing newer. */
  newerThan: Place | null;
  /** Null where there is nothing older. */
  olderThan: Place | null;
}

/** Both ways through a list that is newest first. There are no page numbers: nobody counts millions of rows. */
export function Pager({ path, parameters, newerThan, olderThan }: PagerProps) {
  if (newerThan === null && olderThan === null) return null;
  return (
    <nav aria-label="Pages of the list" className="mt-6 flex flex-wrap justify-between gap-2">
      <div className="flex gap-2">
        {newerThan === null ? null : (
          <>
            <LinkButton href={addressOf(path, parameters)} variant="quiet">
              Newest
            </LinkButton>
            <LinkButton
              href={addressOf(path, { ...parameters, newer: writePlace(newerThan) })}
              variant="secondary"
              rel="prev"
            >
              Newer
            </LinkButton>
          </>
        )}
      </div>
      {olderThan === null ? null : (
        <LinkButton
          href={addressOf(path, { ...parameters, older: writePlace(olderThan) })}
          variant="secondary"
          rel="next"
        >
          Older
        </LinkButton>
      )}
    </nav>
  );
}
