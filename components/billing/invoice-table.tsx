import { Receipt } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Table, TableCell, TableHead } from "@/components/ui/table";
import { formatDate, formatMoney } from "@/lib/billing/format";
import type { Tone } from "@/lib/billing/status";
import type { InvoiceView } from "@/lib/billing/views";

const STATUS: Record<InvoiceView["status"], { label: string; tone: Tone }> = {
  draft: { label: "Draft", tone: "neutral" },
  open: { label: "To be paid", tone: "warning" },
  paid: { label: "Paid", tone: "positive" },
  uncollectible: { label: "Not paid", tone: "critical" },
  void: { label: "Void", tone: "neutral" },
};

function InvoiceLink({ invoice }: { invoice: InvoiceView }) {
  if (invoice.href === null) return null;
  return (
    <a
      href={invoice.href}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={`${invoice.status === "open" ? "Pay" : "View"} invoice ${invoice.number ?? `of ${formatDate(invoice.issuedAt)}`}`}
      className="inline-flex min-h-10 items-center rounded-md px-1 font-medium text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent"
    >
      {invoice.status === "open" ? "Pay" : "View"}
    </a>
  );
}

function InvoiceRow({ invoice }: { invoice: InvoiceView }) {
  const status = STATUS[invoice.status];
  return (
    <tr>
      <TableCell>
        <span className="block font-medium whitespace-nowrap">{formatDate(invoice.issuedAt)}</span>
        <span className="block text-muted sm:hidden">{invoice.number}</span>
      </TableCell>
      <TableCell className="hidden text-muted sm:table-cell">{invoice.number ?? "–"}</TableCell>
      <TableCell className="text-right font-medium whitespace-nowrap">
        {formatMoney(invoice.total, invoice.currency)}
        <span className="mt-1 block sm:hidden">
          <Badge tone={status.tone}>{status.label}</Badge>
        </span>
      </TableCell>
      <TableCell className="hidden pl-8 sm:table-cell">
        <Badge tone={status.tone}>{status.label}</Badge>
      </TableCell>
      <TableCell className="text-right">
        <InvoiceLink invoice={invoice} />
      </TableCell>
    </tr>
  );
}

/** The newest invoices; what is older stands on the page behind "Manage card and invoices". */
export function InvoiceTable({ invoices }: { invoices: InvoiceView[] }) {
  return (
    <SectionCard id="invoices" title="Invoices">
      {invoices.length === 0 ? (
        <EmptyState icon={Receipt} title="No invoices yet">
          After your first payment the invoice appears here, and a receipt comes by e-mail.
        </EmptyState>
      ) : (
        <Table className="tabular-nums">
          <thead>
            <tr>
              <TableHead>Date</TableHead>
              <TableHead className="hidden sm:table-cell">Number</TableHead>
              <TableHead className="text-right">Amount</TableHead>
              <TableHead className="hidden pl-8 sm:table-cell">Status</TableHead>
              <TableHead>
                <span className="sr-only">Link</span>
              </TableHead>
            </tr>
          </thead>
          <tbody className="[&>tr:last-child>td]:border-b-0">
            {invoices.map((invoice) => (
              <InvoiceRow key={invoice.id} invoice={invoice} />
            ))}
          </tbody>
        </Table>
      )}
    </SectionCard>
  );
}
