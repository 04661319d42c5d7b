import { Inbox } from "lucide-react";
import Link from "next/link";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { StatusTag } from "@/app/(admin)/admin/_components/status-tag";
import { formatMoment } from "@/app/(admin)/admin/_view/format";
import { EmptyState } from "@/components/ui/empty-state";
import { Table, TableCell, TableHead } from "@/components/ui/table";
import type { WebhookRow } from "@/lib/db/webhook-console";
import { WEBHOOKS_PATH } from "../_view/webhook-query";
import { statusWords } from "../_view/webhook-words";
import { TypeName } from "./type-name";

/** What is worth saying beside a state: why it failed, and when it is tried again. */
function remark({ status, attempts, lastError, nextAttemptAt, replays }: WebhookRow): string | null {
  const replayed = replays === 0 ? null : replays === 1 ? "Replayed once" : `Replayed ${replays} times`;
  const next =
    status === "pending" && attempts > 0 ? `Attempt ${attempts + 1} at ${formatMoment(nextAttemptAt)}` : null;
  const words = [lastError?.replace(/\.$/, "") ?? null, next, replayed].filter((word) => word !== null);
  return words.length === 0 ? null : words.join(". ");
}

function EventRow({ event }: { event: WebhookRow }) {
  const { id, type, provider, objectId, workspaceId, workspaceName, status, receivedAt } = event;
  const about = workspaceId === null ? null : (workspaceName ?? workspaceId);
  const said = remark(event);
  return (
    <tr>
      <TableCell className="hidden align-top sm:table-cell">
        <Moment at={receivedAt} />
      </TableCell>
      <TableCell className="align-top">
        <Link
          href={`${WEBHOOKS_PATH}/${id}`}
          prefetch={false}
          className="font-medium [overflow-wrap:anywhere] underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink"
        >
          <TypeName>{type}</TypeName>
        </Link>
        <span className="mt-0.5 block text-muted">{provider}</span>
        <span className="mt-0.5 block text-muted sm:hidden">
          <Moment at={receivedAt} />
        </span>
        {said === null ? null : (
          <span className="mt-1 line-clamp-2 max-w-prose break-words text-muted">{said}</span>
        )}
      </TableCell>
      <TableCell className="hidden max-w-64 align-top md:table-cell">
        <span className="font-mono text-[0.8125rem] break-all">{objectId ?? "–"}</span>
        {about === null ? null : <span className="mt-0.5 block break-words text-muted">{about}</span>}
      </TableCell>
      <TableCell className="align-top">
        <StatusTag words={statusWords(status)} />
      </TableCell>
    </tr>
  );
}

/** Events, the newest first. */
export function WebhookTable({ events, isFiltered }: { events: readonly WebhookRow[]; isFiltered: boolean }) {
  if (events.length === 0) {
    return (
      <EmptyState icon={Inbox} title={isFiltered ? "No event is like that" : "No event has come yet"}>
        {isFiltered
          ? "Take a condition away, or clear them all."
          : "Each event that a vendor sends stands here from the moment it is taken in."}
      </EmptyState>
    );
  }
  return (
    <Table>
      <thead>
        <tr>
          <TableHead className="hidden sm:table-cell">Received</TableHead>
          <TableHead>Event</TableHead>
          <TableHead className="hidden md:table-cell">About</TableHead>
          <TableHead>State</TableHead>
        </tr>
      </thead>
      <tbody className="[&>tr:last-child>td]:border-b-0 [&>tr:last-child>td]:pb-0">
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </tbody>
    </Table>
  );
}
