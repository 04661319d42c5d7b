import { notFound, redirect } from "next/navigation";
import { SANDBOX_PAGES, sandboxLinks, sandboxTarget } from "@/lib/sandbox-links";

/** Leads to the sandbox's own pages; outside sandbox mode there is nothing here. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ page: string }> },
): Promise<Response> {
  const { page } = await params;
  const known = SANDBOX_PAGES.find((candidate) => candidate === page);
  if (!known || sandboxLinks() === null) notFound();
  const target = sandboxTarget(known);
  if (target === null) {
    return new Response(
      "A real vendor serves this in the present run (see its table): there is no sandbox page.\n",
    );
  }
  redirect(target);
}
