import { MailCheck } from "lucide-react";
import Link from "next/link";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { StatusTag } from "@/app/(admin)/admin/_components/status-tag";
import { categoryWords, REASON_WORDS } from "@/app/(admin)/admin/emails/_view/mail-words";
import { ConfirmAction } from "@/components/forms/confirm-action";
import { EmptyState } from "@/components/ui/empty-state";
import { Table, TableCell, TableHead } from "@/components/ui/table";
import type { Suppression } from "@/lib/db/email-suppressions";
import { removalConfirmation, removalHref } from "./removal";

const LINK = "underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink";

function Reason({ suppression: { reason, provider, messageId } }: { suppression: Suppression }) {
  const words = REASON_WORDS[reason];
  return (
    <>
      <StatusTag words={words} />
      <span className="mt-1 block text-muted">
        {words.meaning}
        {provider === null ? "" : ` Told by ${provider}.`}
      </span>
      {messageId === null ? null : (
        <Link href={`/admin/emails/${messageId}`} prefetch={false} className={`mt-1 inline-block ${LINK}`}>
          The mail that led to it
        </Link>
      )}
    </>
  );
}

interface RowProps {
  suppression: Suppression;
  /** What the list is searched for. */
  searched: string;
  now: number;
}

function SuppressionRow({ suppression, searched, now }: RowProps) {
  const { address, category, createdAt } = suppression;
  const what = category === null ? "Every mail" : categoryWords(category);
  return (
    <tr>
      <TableCell className="align-top [overflow-wrap:anywhere]">
        <span className="font-medium">{address}</span>
        <span className="mt-0.5 block text-muted">{what}</span>
        <div className="mt-2 sm:hidden">
          <Reason suppression={suppression} />
        </div>
        <span className="mt-1 block text-muted sm:hidden">
          <Moment at={createdAt} />
        </span>
      </TableCell>
      <TableCell className="hidden align-top sm:table-cell">
        <Reason suppression={suppression} />
      </TableCell>
      <TableCell className="hidden align-top sm:table-cell">
        <Moment at={createdAt} now={now} />
      </TableCell>
      <TableCell className="text-right align-top">
        <ConfirmAction
          {...removalConfirmation(suppression, searched)}
          href={removalHref(suppression, searched)}
          trigger="Remove"
          triggerLabel={`Remove: ${address}, ${what}`}
          afterwards="addresses-heading"
        />
      </TableCell>
    </tr>
  );
}

interface SuppressionTableProps {
  suppressions: readonly Suppression[];
  searched: string;
  now: number;
}

export function SuppressionTable({ suppressions, searched, now }: SuppressionTableProps) {
  if (suppressions.length === 0) {
    return (
      <EmptyState
        icon={MailCheck}
        title={searched === "" ? "Every address is written to" : "No suppressed address begins so"}
      >
        Addresses that bounce, whose readers call our mail spam, or who unsubscribe from some of it, stand
        here.
      </EmptyState>
    );
  }
  return (
    <Table>
      <thead>
        <tr>
          <TableHead>Address</TableHead>
          <TableHead className="hidden sm:table-cell">Why</TableHead>
          <TableHead className="hidden sm:table-cell">Since</TableHead>
          <TableHead>
            <span className="sr-only">Actions</span>
          </TableHead>
        </tr>
      </thead>
      <tbody className="[&>tr:last-child>td]:border-b-0 [&>tr:last-child>td]:pb-0">
        {suppressions.map((suppression) => (
          <SuppressionRow key={suppression.id} suppression={suppression} searched={searched} now={now} />
        ))}
      </tbody>
    </Table>
  );
}
