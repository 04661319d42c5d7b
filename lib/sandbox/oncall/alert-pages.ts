/** The page of the alerts that came. */
import { html } from "hono/html";
import { type NavigationItem, page, timestamp } from "@/lib/sandbox/ui/page";
import type { ReceivedAlert } from "./alert";

/** Headers worth reading; the rest is the client's small talk. */
const SHOWN_HEADERS = ["x-breakwater-signature", "idempotency-key"];

export function alertsPage(alerts: ReceivedAlert[], appUrl: string): Promise<Response> {
  const navigation: NavigationItem[] = [
    { key: "alerts", label: "Alerts", href: "/" },
    { key: "app", label: "Back to the app", href: appUrl },
  ];
  const body = html`<div class="row"><h1>On-call alerts</h1><a class="small" href="/alerts.json">as JSON</a></div>
<p class="muted">What would have woken somebody, newest first. Nobody is woken here.</p>
${
  alerts.length === 0
    ? html`<div class="card empty"><h2>No alerts yet</h2>
<p>Have a vendor refuse the app's key, or break it until its circuit opens, then reload.</p></div>`
    : alerts.map(alertCard)
}`;
  return page({ title: "On-call alerts", product: "On call", navigation, active: "alerts", body });
}

function alertCard({ at, text, headers, body }: ReceivedAlert) {
  const shown = SHOWN_HEADERS.flatMap((name) => (headers[name] ? [[name, headers[name]]] : []));
  return html`<article class="card"><p class="small muted">${timestamp(at)}</p>
<p style="white-space:pre-wrap">${text}</p>
${
  shown.length === 0
    ? ""
    : html`<dl class="facts small" style="margin-bottom:16px">${shown.map(
        ([name, value]) => html`<dt>${name}</dt><dd class="mono">${value}</dd>`,
      )}</dl>`
}
<details><summary class="small">The request's body</summary>
<pre tabindex="0" aria-label="The request's body" style="margin-top:8px">${body}</pre></details></article>`;
}
