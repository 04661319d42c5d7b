import type { Metadata } from "next";
import { FilterField, FilterForm } from "@/app/(admin)/admin/_components/filter-form";
import { Pager } from "@/app/(admin)/admin/_components/pager";
import { addressOf, listPart, type SearchParams, textOf } from "@/app/(admin)/admin/_view/keyset";
import type { PageWithSearch } from "@/app/search-params";
import { ConfirmPanel } from "@/components/forms/confirm-panel";
import { Alert } from "@/components/ui/alert";
import { SectionCard } from "@/components/ui/card";
import { LinkButton } from "@/components/ui/link-button";
import { PageHeader } from "@/components/ui/page-header";
import { requireOperator } from "@/lib/auth/guards";
import {
  findSuppression,
  listSuppressions,
  type Suppression,
  searchSuppressions,
} from "@/lib/db/email-suppressions";
import { isUuid } from "@/lib/uuid";
import { removalConfirmation } from "./_components/removal";
import { SuppressionTable } from "./_components/suppression-table";
import { removalNotice } from "./_view/removals";

export const metadata: Metadata = { title: "Suppressed addresses" };

const PATH = "/admin/emails/suppressions";
const PAGE_SIZE = 50;

/** What was searched for is listed by address, everything by time: each along its own index. */
async function read(query: SearchParams, searched: string) {
  if (searched === "") {
    const { rows, newerThan, olderThan } = await listSuppressions(listPart(query), PAGE_SIZE);
    return { rows, pager: <Pager path={PATH} parameters={{}} newerThan={newerThan} olderThan={olderThan} /> };
  }
  const address = textOf(query, "after");
  const after = address === "" ? null : { address, category: textOf(query, "in") || null };
  const { rows, next } = await searchSuppressions(searched, after, PAGE_SIZE);
  const more = next && addressOf(PATH, { address: searched, after: next.address, in: next.category });
  return { rows, pager: more === null ? null : <MoreAddresses href={more} /> };
}

function MoreAddresses({ href }: { href: string }) {
  return (
    <nav aria-label="Pages of the list" className="mt-6 flex justify-end">
      <LinkButton href={href} variant="secondary" rel="next">
        More addresses
      </LinkButton>
    </nav>
  );
}

async function askedRemoval(id: string): Promise<Suppression | null> {
  return isUuid(id) ? findSuppression(id) : null;
}

/** From local tables alone. */
export default async function SuppressionsPage({ searchParams }: PageWithSearch) {
  await requireOperator();
  const query = await searchParams;
  const searched = textOf(query, "address").toLowerCase();
  const [{ rows, pager }, asked] = await Promise.all([
    read(query, searched),
    askedRemoval(textOf(query, "remove")),
  ]);
  const notice = removalNotice(textOf(query, "removed"));
  return (
    <div className="space-y-6">
      <div>
        <p className="mb-2 text-sm font-medium">
          <a
            href="/admin/emails"
            className="text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent"
          >
            All e-mails
          </a>
        </p>
        <PageHeader
          title="Suppressed addresses"
          description="Who is not written to, and why. It is looked at when a mail is about to go."
        />
      </div>
      {notice === null ? null : (
        <Alert tone={notice.tone} title="The address is written to again">
          {notice.lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </Alert>
      )}
      {asked === null ? null : (
        <ConfirmPanel
          {...removalConfirmation(asked, searched)}
          keepHref={addressOf(PATH, { address: searched })}
        />
      )}
      <SectionCard
        id="addresses"
        title={searched === "" ? "Addresses" : `Addresses that begin with “${searched}”`}
        description={searched === "" ? "The latest first; times are UTC." : "By address; times are UTC."}
      >
        <div className="space-y-6">
          <FilterForm label="Search suppressed addresses" path={PATH} isFiltered={searched !== ""}>
            <FilterField
              name="address"
              label="Address"
              value={searched}
              placeholder="Address, or its beginning"
              type="search"
            />
          </FilterForm>
          <SuppressionTable suppressions={rows} searched={searched} now={Date.now()} />
        </div>
        {pager}
      </SectionCard>
    </div>
  );
}
