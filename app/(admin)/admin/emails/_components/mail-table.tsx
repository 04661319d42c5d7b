import { MailSearch } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Id } from "@/app/(admin)/admin/_components/facts";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { StatusTag } from "@/app/(admin)/admin/_components/status-tag";
import { EmptyState } from "@/components/ui/empty-state";
import { Table, TableCell, TableHead } from "@/components/ui/table";
import type { MailRow } from "@/lib/db/mail-console";
import { categoryWords, kindWords, stateWords } from "../_view/mail-words";

/** A mail is known by its subject, unless it carries a secret; a command by what it does. */
function titleOf({ kind, subject, category }: MailRow): string {
  if (kind !== "email") return kindWords(kind);
  return subject ?? (category === null ? kindWords(kind) : categoryWords(category));
}

function About({ message }: { message: MailRow }) {
  const { kind, recipient, businessKey } = message;
  if (kind !== "email") return <Id>{businessKey}</Id>;
  return recipient === null ? null : <>To {recipient}</>;
}

/** Why it did not go, or not yet. */
function Trouble({ message: { status, lastError } }: { message: MailRow }) {
  if (lastError === null || status === "sent") return null;
  return <span className="mt-1 block text-muted">{lastError}</span>;
}

function MessageRow({ message, now }: { message: MailRow; now: number }) {
  const { id, category, provider, createdAt } = message;
  return (
    <tr>
      <TableCell className="align-top [overflow-wrap:anywhere]">
        <Link
          href={`/admin/emails/${id}`}
          prefetch={false}
          className="font-medium underline decoration-line-strong/50 underline-offset-4 hover:decoration-ink"
        >
          {titleOf(message)}
        </Link>
        <span className="mt-0.5 block text-muted">
          <About message={message} />
        </span>
        <Trouble message={message} />
        <span className="mt-1 block text-muted sm:hidden">
          <Moment at={createdAt} />
        </span>
      </TableCell>
      <TableCell className="align-top">
        <StatusTag words={stateWords(message)} />
      </TableCell>
      <TableCell className="hidden align-top lg:table-cell">
        {category === null ? "–" : categoryWords(category)}
      </TableCell>
      <TableCell className="hidden align-top md:table-cell">{provider ?? "–"}</TableCell>
      <TableCell className="hidden align-top sm:table-cell">
        <Moment at={createdAt} now={now} />
      </TableCell>
    </tr>
  );
}

interface MailTableProps {
  messages: readonly MailRow[];
  now: number;
  /** Where there are none: why that may be. */
  empty: { title: string; words: ReactNode };
}

export function MailTable({ messages, now, empty }: MailTableProps) {
  if (messages.length === 0) {
    return (
      <EmptyState icon={MailSearch} title={empty.title}>
        {empty.words}
      </EmptyState>
    );
  }
  return (
    <Table>
      <thead>
        <tr>
          <TableHead>Message</TableHead>
          <TableHead>State</TableHead>
          <TableHead className="hidden lg:table-cell">Template</TableHead>
          <TableHead className="hidden md:table-cell">Provider</TableHead>
          <TableHead className="hidden sm:table-cell">Enqueued</TableHead>
        </tr>
      </thead>
      <tbody className="[&>tr:last-child>td]:border-b-0 [&>tr:last-child>td]:pb-0">
        {messages.map((message) => (
          <MessageRow key={message.id} message={message} now={now} />
        ))}
      </tbody>
    </Table>
  );
}
