/** Tokens and styles of the sandbox's pages: slate surfaces, one deep-blue accent, amber only for the "Sandbox" marker. */
export const STYLES = `
:root {
  color-scheme: light dark;
  --surface: #f8fafc; --raised: #ffffff; --sunken: #f1f5f9; --line: #cbd5e1; --line-soft: #e2e8f0;
  --text: #0f172a; --muted: #475569; --accent: #1e40af; --accent-hover: #1e3a8a; --on-accent: #ffffff;
  --good: #166534; --good-soft: #dcfce7; --warning: #854d0e; --warning-soft: #fef3c7;
  --bad: #991b1b; --bad-soft: #fee2e2; --info: #1e40af; --info-soft: #dbeafe;
  --marker: #92400e; --marker-soft: #fef3c7; --control-line: #64748b;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #0b1120; --raised: #111a2e; --sunken: #0f172a; --line: #334155; --line-soft: #1e293b;
    --text: #e2e8f0; --muted: #a3b1c6; --accent: #93b4fd; --accent-hover: #bcd0fe; --on-accent: #0b1120;
    --good: #86efac; --good-soft: #052e16; --warning: #fcd34d; --warning-soft: #3a2605;
    --bad: #fca5a5; --bad-soft: #450a0a; --info: #93c5fd; --info-soft: #172554;
    --marker: #fcd34d; --marker-soft: #3a2605; --control-line: #7c8ba1;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--surface); color: var(--text);
  font: 16px/1.5 var(--sans); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 8px; letter-spacing: -0.01em; }
h2 { font-size: 1.125rem; line-height: 1.35; margin: 32px 0 12px; }
h3 { font-size: 1rem; margin: 24px 0 8px; }
p { margin: 0 0 12px; }
a { color: var(--accent); text-underline-offset: 3px; }
a:hover { color: var(--accent-hover); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
code, pre, .mono { font-family: var(--mono); font-size: 0.875em; }
pre { background: var(--sunken); border: 1px solid var(--line-soft); border-radius: 8px; padding: 16px; margin: 0;
  white-space: pre-wrap; }
.muted { color: var(--muted); }
.small { font-size: 0.875rem; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 16px; top: 8px; background: var(--raised); padding: 8px 16px; z-index: 1; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.bar { border-bottom: 1px solid var(--line-soft); background: var(--raised); border-top: 3px solid #d97706; }
.bar-inner { max-width: 1120px; margin: 0 auto; padding: 12px 24px; display: flex; flex-wrap: wrap; gap: 8px 16px;
  align-items: center; }
.marker { background: var(--marker-soft); color: var(--marker); font-size: 0.8125rem; font-weight: 600; padding: 2px 10px;
  border-radius: 999px; white-space: nowrap; }
.product { font-weight: 600; }
.bar nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-left: auto; }
.bar nav a { color: var(--muted); text-decoration: none; padding: 4px 0; font-size: 0.9375rem; }
.bar nav a:hover { color: var(--text); text-decoration: underline; }
.bar nav a[aria-current] { color: var(--text); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
main { flex: 1; width: 100%; margin: 0 auto; padding: 32px 24px 48px; }
main.wide { max-width: 1120px; }
main.narrow { max-width: 560px; }
.foot { color: var(--muted); font-size: 0.8125rem; text-align: center; padding: 16px 24px 24px; }
.card { background: var(--raised); border: 1px solid var(--line-soft); border-radius: 12px; padding: 24px; margin: 0 0 24px; }
.card > :last-child { margin-bottom: 0; }
.card > h2:first-child, .card > h3:first-child { margin-top: 0; }
.row { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; justify-content: space-between; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.stack > * + * { margin-top: 16px; }
.columns { display: grid; grid-template-columns: minmax(0, 2fr) minmax(240px, 1fr); gap: 24px; align-items: start; }
.amount { font-size: 1.75rem; font-weight: 600; letter-spacing: -0.02em; }
.empty { text-align: center; padding: 48px 24px; color: var(--muted); }
.empty h2 { color: var(--text); margin-top: 0; }
button, .button { font: inherit; font-weight: 600; font-size: 0.9375rem; min-height: 40px; padding: 8px 16px; border-radius: 8px;
  border: 1px solid var(--control-line); background: var(--raised); color: var(--text); cursor: pointer; text-decoration: none;
  display: inline-flex; align-items: center; justify-content: center; gap: 8px; }
button:hover, .button:hover { background: var(--sunken); color: var(--text); }
button.primary, .button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.primary:hover, .button.primary:hover { background: var(--accent-hover); border-color: var(--accent-hover); color: var(--on-accent); }
button.danger, .button.danger { border-color: var(--bad); color: var(--bad); }
button.link { white-space: nowrap; border: 0; padding: 0; min-height: 0; background: none; color: var(--accent); text-decoration: underline;
  font-weight: 400; }
button.block, .button.block { width: 100%; min-height: 48px; }
button:disabled { opacity: 0.6; cursor: not-allowed; }
form { margin: 0; }
fieldset { border: 0; margin: 0 0 16px; padding: 0; min-width: 0; }
legend { font-weight: 600; padding: 0; margin-bottom: 8px; }
.field { margin: 0 0 16px; }
.field label, label.above { display: block; font-weight: 600; font-size: 0.9375rem; margin-bottom: 4px; }
input:not([type=radio]):not([type=checkbox]):not([type=hidden]), select, textarea { font: inherit; width: 100%; min-height: 44px;
  padding: 8px 12px; border-radius: 8px; border: 1px solid var(--control-line); background: var(--raised); color: var(--text); }
input::placeholder { color: var(--muted); opacity: 1; }
input:not([type=radio]):not([type=checkbox])[aria-invalid=true][name] { border-color: var(--bad); border-width: 2px; }
input[type=radio], input[type=checkbox] { width: 18px; height: 18px; accent-color: var(--accent); flex: none; }
.choice { display: flex; gap: 12px; align-items: center; padding: 12px 16px; border: 1px solid var(--line); border-radius: 8px;
  margin: 0 0 8px; cursor: pointer; }
.choice:has(input:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.field-pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
.hint { color: var(--muted); font-size: 0.875rem; margin: 4px 0 0; }
.field-error { color: var(--bad); font-size: 0.875rem; margin: 4px 0 0; }
.table-wrap { overflow-x: auto; background: var(--raised); border: 1px solid var(--line-soft); border-radius: 12px; margin: 0 0 24px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
caption { text-align: left; padding: 16px 16px 0; font-weight: 600; }
th { text-align: left; font-weight: 600; color: var(--muted); font-size: 0.8125rem; white-space: nowrap; }
th, td { padding: 12px 16px; border-bottom: 1px solid var(--line-soft); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
tbody tr:hover { background: var(--sunken); }
td.number, th.number { text-align: right; white-space: nowrap; }
td.nowrap, .nowrap { white-space: nowrap; }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 8px 24px; margin: 0; font-size: 0.9375rem; }
dl.facts dt { color: var(--muted); }
dl.facts dd { margin: 0; }
.badge { display: inline-flex; gap: 6px; align-items: center; font-size: 0.8125rem; font-weight: 600; padding: 2px 10px;
  border-radius: 999px; white-space: nowrap; background: var(--sunken); color: var(--muted); border: 1px solid transparent; }
.badge.good { background: var(--good-soft); color: var(--good); } .badge.warning { background: var(--warning-soft); color: var(--warning); }
.badge.bad { background: var(--bad-soft); color: var(--bad); } .badge.info { background: var(--info-soft); color: var(--info); }
.notice { display: flex; gap: 12px; padding: 12px 16px; border-radius: 8px; margin: 0 0 16px; background: var(--sunken);
  border: 1px solid var(--line); }
.notice p { margin: 0; }
.notice.good { background: var(--good-soft); color: var(--good); border-color: var(--good); }
.notice.warning { background: var(--warning-soft); color: var(--warning); border-color: var(--warning); }
.notice.bad { background: var(--bad-soft); color: var(--bad); border-color: var(--bad); }
.notice.info { background: var(--info-soft); color: var(--info); border-color: var(--info); }
.tabs { display: flex; flex-wrap: wrap; gap: 4px 24px; border-bottom: 1px solid var(--line); margin: 0 0 16px; }
.tabs a { padding: 8px 0; color: var(--muted); text-decoration: none; }
.tabs a:hover { color: var(--text); }
.tabs a[aria-current] { color: var(--text); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
.mail-frame { display: block; width: 100%; height: 72vh; min-height: 360px; border: 1px solid var(--line-soft); border-radius: 8px;
  background: #ffffff; }
@media (max-width: 720px) {
  main { padding: 24px 16px 32px; }
  .bar-inner { padding: 12px 16px; }
  .bar nav { margin-left: 0; width: 100%; }
  .columns { grid-template-columns: minmax(0, 1fr); }
  .card { padding: 16px; }
  table.stacks, table.stacks caption, table.stacks tbody, table.stacks tr, table.stacks td { display: block; }
  table.stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.stacks tr { border-bottom: 1px solid var(--line-soft); padding: 8px 0; }
  table.stacks tbody tr:last-child { border-bottom: 0; }
  table.stacks td { border: 0; padding: 4px 16px; text-align: left; }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl.facts dd { margin-bottom: 8px; }
}
@media (prefers-reduced-motion: no-preference) { a, button, .button { transition: background-color 120ms, color 120ms; } }
`;
