/** The control port's two pages for people. */
import { html } from "hono/html";
import type { Fault } from "@/lib/sandbox/kernel/faults";
import type { LoggedRequest } from "@/lib/sandbox/kernel/request-log";
import type { Vendor } from "@/lib/sandbox/kernel/types";
import { badge, type NavigationItem, page, type Tone, timestamp } from "@/lib/sandbox/ui/page";
import type { ControlledVendor } from "./control-app";

const NAVIGATION: NavigationItem[] = [
  { key: "index", label: "Overview", href: "/" },
  { key: "requests", label: "Requests", href: "/requests" },
  { key: "state", label: "State (JSON)", href: "/state" },
];

const VENDOR_LABEL: Record<Vendor, string> = {
  stripe: "Payments sandbox",
  resend: "Mail sandbox, Resend",
  sendgrid: "Mail sandbox, SendGrid",
  oncall: "On-call sandbox",
};

export interface IndexPageOptions {
  vendors: ControlledVendor[];
  faults: Fault[];
  /** Where these pages are served, no trailing slash. */
  controlUrl: string;
}

/** Where everything is, and which faults are on. */
export function indexPage({ vendors, faults, controlUrl }: IndexPageOptions): Promise<Response> {
  const body = html`<h1>Sandbox control</h1>
<p class="muted">Stand-ins for the vendors, on this machine only. Break them here and watch what the app does.</p>
<div class="table-wrap"><table class="stacks">
<caption>What is running</caption>
<thead><tr><th scope="col">Sandbox</th><th scope="col">Address</th><th scope="col">Webhooks</th></tr></thead>
<tbody>${vendors.map(
    ({ vendor, server, standIn }) => html`<tr>
<td>${VENDOR_LABEL[vendor]}</td>
<td><a href="${server.url}">${server.url}</a></td>
<td>${standIn.deliverer ? deliverySummary(standIn.deliverer.list()) : "sends none"}</td></tr>`,
  )}</tbody></table></div>
${faultTable(faults)}
<div class="card"><h2>Commands</h2>
<p>Make every payments call fail, three times:</p>
<pre tabindex="0" aria-label="Example: add a fault">curl -X POST -H 'content-type: application/json' \\
  -d '{"vendor":"stripe","kind":"status","status":503,"route":"*","times":3}' \\
  ${controlUrl}/faults</pre>
<p class="small muted" style="margin-top:12px">Kinds: latency, status, hang, reset, refused, truncate, garbage, lost (done, but the answer never comes).
<code>DELETE /faults</code> clears them, <code>DELETE /faults?vendor=stripe</code> one vendor's;
<code>POST /reset</code> forgets everything and starts afresh.</p>
<p>Keep webhooks back, and let them go in any order, some of them twice:</p>
<pre tabindex="0" aria-label="Example: hold webhooks back">curl -X POST -H 'content-type: application/json' \\
  -d '{"vendor":"stripe","state":"held","order":"shuffled","copies":2}' \\
  ${controlUrl}/deliveries</pre>
<p class="small muted" style="margin-top:12px">States: on, off, held. <code>POST /redeliver</code> sends messages again,
<code>POST /seed</code> lays down many subscriptions, <code>POST /settings</code> says what becomes of unpaid ones.</p></div>`;
  return page({ title: "Control", product: "Control", navigation: NAVIGATION, active: "index", body });
}

function deliverySummary(deliveries: { state: string }[]): string {
  if (deliveries.length === 0) return "none yet";
  const counts = new Map<string, number>();
  for (const { state } of deliveries) counts.set(state, (counts.get(state) ?? 0) + 1);
  return Array.from(counts, ([state, count]) => `${count} ${state}`).join(", ");
}

function faultTable(faults: Fault[]) {
  if (faults.length === 0) return html`<p>${badge("good", "No faults")} Every call is answered as usual.</p>`;
  return html`<div class="table-wrap"><table class="stacks">
<caption>Faults that are on</caption>
<thead><tr><th scope="col">Vendor</th><th scope="col">Kind</th><th scope="col">Route</th><th scope="col">Left</th>
<th scope="col" class="number">Hits</th></tr></thead>
<tbody>${faults.map(
    (fault) => html`<tr><td>${fault.vendor}</td><td>${badge("warning", describeFault(fault))}</td>
<td class="mono">${fault.route}</td>
<td>${fault.timesLeft === null ? "until cleared" : `${fault.timesLeft} more`}</td>
<td class="number">${fault.hits}</td></tr>`,
  )}</tbody></table></div>`;
}

function describeFault(fault: Fault): string {
  const detail = fault.status ?? (fault.latencyMs === null ? null : `${fault.latencyMs} ms`);
  return [fault.kind, detail, fault.phase === "body" ? "in the body" : null]
    .filter((part) => part !== null)
    .join(" ");
}

/** The last calls, newest first. */
export function requestLogPage(requests: LoggedRequest[]): Promise<Response> {
  const body = html`<div class="row"><h1>Requests</h1><a class="small" href="/requests?format=json">as JSON</a></div>
<p class="muted">The last ${requests.length} calls that the app made to its vendors, newest first.
Bodies and keys are not recorded.</p>
${
  requests.length === 0
    ? html`<div class="card empty"><h2>No calls yet</h2><p>Sign up or start a checkout in the app, then reload.</p></div>`
    : html`<div class="table-wrap"><table class="stacks">
<caption class="visually-hidden">Calls to the sandbox</caption>
<thead><tr><th scope="col">Time</th><th scope="col">Vendor</th><th scope="col">Call</th><th scope="col">Status</th>
<th scope="col" class="number">Took</th><th scope="col">Request id, idempotency key</th></tr></thead>
<tbody>${requests.map(requestRow)}</tbody></table></div>`
}`;
  return page({ title: "Requests", product: "Control", navigation: NAVIGATION, active: "requests", body });
}

function requestRow(request: LoggedRequest) {
  return html`<tr><td class="nowrap">${timestamp(request.at)}</td><td>${request.vendor}</td>
<td class="mono">${request.method} ${request.path}</td>
<td>${badge(toneOf(request.status), request.status === null ? "no answer" : String(request.status))}
${request.fault ? badge("warning", `fault: ${request.fault}`) : ""}</td>
<td class="number">${request.durationMs} ms</td>
<td class="mono small">${[request.requestId, request.idempotencyKey].map((id) => (id ? html`<div>${id}</div>` : ""))}</td></tr>`;
}

function toneOf(status: number | null): Tone {
  if (status === null || status >= 500) return "bad";
  return status >= 400 ? "warning" : "neutral";
}
