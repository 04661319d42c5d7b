import { Moment } from "@/app/(admin)/admin/_components/moment";
import { SectionCard } from "@/components/ui/card";
import type { NoteRow } from "@/lib/db/webhook-life";
import { changesOf, noteTitle } from "../_view/note-words";

function Changes({ detail }: { detail: unknown }) {
  const changes = changesOf(detail);
  if (changes.length === 0) return null;
  return (
    <dl className="mt-2 grid gap-1">
      {changes.map(({ name, before, after }) => (
        <div key={name} className="flex flex-wrap items-baseline gap-x-2">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-all">
            {before === null ? null : (
              <>
                <span className="text-muted line-through decoration-line-strong">{before}</span>
                <span aria-hidden="true"> → </span>
                <span className="sr-only"> became </span>
              </>
            )}
            <span className="font-medium">{after}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** State before and after: what was written down while the event was handled, and what operators did. */
export function NoteList({ notes }: { notes: readonly NoteRow[] }) {
  return (
    <SectionCard id="notes" title="What changed" description="State before and after; the oldest first.">
      {notes.length === 0 ? (
        <p className="text-sm text-muted">
          Nothing is noted under this event. Events of one object that were due together are handled at once,
          and what changed then stands with the first of them; an event that says nothing new changes nothing.
        </p>
      ) : (
        <ol className="divide-y">
          {notes.map((note) => (
            <li key={note.id} className="py-4 text-sm first:pt-0 last:pb-0">
              <p className="font-medium break-words">{noteTitle(note)}</p>
              <Changes detail={note.detail} />
              <p className="mt-1 text-muted">
                <Moment at={note.at} />
              </p>
            </li>
          ))}
        </ol>
      )}
    </SectionCard>
  );
}
