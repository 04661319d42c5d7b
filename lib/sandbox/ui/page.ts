/**
 * The chrome of every page that the sandbox itself serves: mailbox, hosted payment pages, request log. It looks unlike the
 * app on purpose (a "Sandbox" marker on each page) and needs nothing from the network.
 */
import { randomBytes } from "node:crypto";
import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { STYLES } from "./styles";

export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface NavigationItem {
  /** Compared with `PageOptions.active`. */
  key: string;
  label: string;
  href: string;
}

export interface PageOptions {
  /** The document's title; " · Breakwater sandbox" is added. */
  title: string;
  /** What stands in the bar beside the marker: "Mailbox", "Payments". */
  product: string;
  body: Markup;
  /** Links of the bar. */
  navigation?: NavigationItem[];
  /** The key of the current item. */
  active?: string;
  /** `narrow` is one centred column (checkout), `wide` the default. */
  width?: "narrow" | "wide";
  /** A script of the page's own, allowed by a nonce. The page must work without it. */
  script?: string;
  status?: number;
  /** Further places that a form may lead to: origins that the server redirects to after a post. */
  formTargets?: string[];
}

/** A whole HTML answer with its headers. Everything interpolated into `html` templates is escaped. */
export async function page(options: PageOptions): Promise<Response> {
  const nonce = randomBytes(16).toString("base64");
  const { title, product, body, navigation = [], active, width = "wide", script } = options;
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Breakwater sandbox</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style>${raw(STYLES)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar">
<div class="bar-inner">
<span class="marker"><span aria-hidden="true">◆</span> Sandbox</span>
<span class="product">${product}</span>
${
  navigation.length > 0
    ? html`<nav aria-label="Sandbox">${navigation.map(
        (item) =>
          html`<a href="${item.href}" ${item.key === active ? raw('aria-current="page"') : ""}>${item.label}</a>`,
      )}</nav>`
    : ""
}
</div>
</header>
<main id="main" class="${width}" tabindex="-1">
${body}
</main>
<footer class="foot">Nothing here is real: no money moves and no mail leaves this machine.</footer>
${script ? html`<script nonce="${nonce}">${raw(script)}</script>` : ""}
</body>
</html>`;
  return new Response(text.toString(), {
    status: options.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      // A referrer policy of no-referrer would make forms post with `Origin: null`, which the kernel refuses.
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "content-security-policy": [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        `script-src 'nonce-${nonce}'`,
        "connect-src 'self'",
        "frame-src 'self'",
        `form-action ${["'self'", ...(options.formTargets ?? [])].join(" ")}`,
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join("; "),
    },
  });
}

export type Tone = "neutral" | "good" | "warning" | "bad" | "info";

const TONE_SIGN: Record<Tone, string> = { neutral: "○", good: "✓", warning: "!", bad: "✕", info: "→" };

/** A status: colour, sign and word, so that none of them stands alone. */
export function badge(tone: Tone, label: string): Markup {
  return html`<span class="badge ${tone}"><span aria-hidden="true">${TONE_SIGN[tone]}</span>${label}</span>`;
}

/** What happened, in a box: errors are announced by screen readers. */
export function notice(tone: Tone, message: string): Markup {
  return html`<div class="notice ${tone}" role="${tone === "bad" ? "alert" : "status"}"><span aria-hidden="true">${TONE_SIGN[tone]}</span><p>${message}</p></div>`;
}

export interface FieldOptions {
  name: string;
  label: string;
  value?: string;
  type?: "text" | "email" | "tel" | "password" | "number";
  hint?: string;
  error?: string;
  required?: boolean;
  autocomplete?: string;
  inputmode?: "numeric" | "text" | "email";
  placeholder?: string;
}

/** A labelled input with its hint and error tied to it. */
export function field(options: FieldOptions): Markup {
  const { name, label, value = "", type = "text", hint, error } = options;
  const described = [hint ? `${name}-hint` : "", error ? `${name}-error` : ""].filter(Boolean).join(" ");
  return html`<div class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" value="${value}" placeholder="${options.placeholder ?? ""}" autocomplete="${options.autocomplete ?? "off"}" ${
    options.inputmode ? html`inputmode="${options.inputmode}"` : ""
  } ${options.required ? raw("required") : ""} ${described ? html`aria-describedby="${described}"` : ""} ${
    error ? raw('aria-invalid="true"') : ""
  }>
${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : ""}
${error ? html`<p class="field-error" id="${name}-error"><span aria-hidden="true">✕</span> ${error}</p>` : ""}
</div>`;
}

/** `2026-01-31 09:05:07`, in the machine's own time zone, with the exact instant in the markup. */
export function timestamp(unixMs: number): Markup {
  const date = new Date(unixMs);
  const pad = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return html`<time datetime="${date.toISOString()}">${day} ${time}</time>`;
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M8 1l7 7-7 7-7-7z" fill="#b45309"/></svg>';
