import { notFound, redirect } from "next/navigation";
import { SANDBOX_PAGES, sandboxTarget } from "@/lib/sandbox-links";

/** Leads to the sandbox's own pages; outside sandbox mode there is nothing here. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ page: string }> },
): Promise<Response> {
  const { page } = await params;
  const known = SANDBOX_PAGES.find((candidate) => candidate === page);
  const target = known ? sandboxTarget(known) : null;
  if (target === null) notFound();
  redirect(target);
}
