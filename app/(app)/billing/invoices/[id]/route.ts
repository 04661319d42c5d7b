import { notFound, redirect } from "next/navigation";
import { requireUser } from "@/lib/auth/guards";
import { findInvoiceAddress } from "@/lib/db/billing";

/** Leads to the hosted page of one of the workspace's own invoices. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const { workspaceId } = await requireUser();
  const { id } = await params;
  const address = await findInvoiceAddress(workspaceId, id);
  if (!address) notFound();
  redirect(address);
}
