/** Everything that stands on the page of the inbox, from local tables alone and all at once. */
import { listPart, type SearchParams } from "@/app/(admin)/admin/_view/keyset";
import { webhookProviders } from "@/app/(admin)/admin/integrations/_view/capability-view";
import type { ListPart } from "@/lib/db/keyset";
import { latestReconciliations } from "@/lib/db/reconciliation";
import { recentReplayJobs } from "@/lib/db/replay-jobs";
import { readSchedule } from "@/lib/db/schedule";
import {
  countByStatus,
  countWebhooks,
  findEventIds,
  findWorkspaces,
  knownWords,
  lastWebhooks,
  listWebhooks,
  type WebhookPage,
  type WebhookRow,
} from "@/lib/db/webhook-console";
import { NO_FILTER, type WebhookStatus } from "@/lib/db/webhook-filter";
import { appUrl, env } from "@/lib/env";
import { listCapabilities } from "@/lib/use-cases/operations/list-capabilities";
import { replayableSet } from "./replay-input";
import { askedFor, isFiltered, readQuery, type WebhookQuery } from "./webhook-query";

const EMPTY: WebhookPage = { rows: [], newerThan: null, olderThan: null, lookedUntil: null };

/** The list that an address asks for, what is wrong with the address, and the set that could be replayed. */
async function loadRows(query: WebhookQuery, search: SearchParams) {
  const [eventIds, workspaces] = await Promise.all([
    query.event === "" ? null : findEventIds(query.event),
    query.workspace === "" ? null : findWorkspaces(query.workspace),
  ]);
  const asked = askedFor(query, { eventIds, workspaces });
  if (asked.kind === "nothing") {
    return { page: EMPTY, errors: asked.errors, workspaces: workspaces ?? [], set: null };
  }
  const replayable = replayableSet(asked.filter);
  const [page, count] = await Promise.all([
    listWebhooks(asked.filter, listPart(search)),
    replayable === null ? 0 : countWebhooks(replayable),
  ]);
  const set = replayable === null || count === 0 ? null : { filter: replayable, count };
  return { page, errors: {}, workspaces: [], set };
}

/** Of each state that wants a person, as many as are shown before the list. */
const SHOWN_FIRST = 3;

/** What wants a person, before everything else: what was given up, then what is in quarantine. */
async function loadFirst(query: WebhookQuery, part: ListPart): Promise<WebhookRow[]> {
  if (isFiltered(query) || part.kind !== "newest") return [];
  const of = async (status: WebhookStatus) => {
    const { rows } = await listWebhooks({ ...NO_FILTER, status }, part);
    return rows.slice(0, SHOWN_FIRST);
  };
  return (await Promise.all([of("dead"), of("quarantined")])).flat();
}

async function loadEndpoints() {
  const providers = [...new Set(webhookProviders(listCapabilities()))];
  const last = await lastWebhooks(providers);
  return last.map(({ provider, at }) => ({
    provider,
    at,
    url: `${appUrl()}/api/webhooks/${provider}`,
    isPolled: provider === env.PAYMENTS_PROVIDER && env.STRIPE_POLL_EVENTS === "1",
  }));
}

export async function loadList(search: SearchParams) {
  const query = readQuery(search);
  const [list, first, counts, known, jobs, endpoints, reconciliations, pumpRun] = await Promise.all([
    loadRows(query, search),
    loadFirst(query, listPart(search)),
    countByStatus(),
    knownWords(),
    recentReplayJobs("INBOX"),
    loadEndpoints(),
    latestReconciliations(),
    readSchedule("pump"),
  ]);
  return { query, ...list, first, counts, known, jobs, endpoints, reconciliations, pumpRun };
}
