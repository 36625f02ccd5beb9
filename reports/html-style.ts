/** The page's style sheet. Colours of the measures are told apart with every common kind of colour blindness. */
export const REPORT_STYLE = `
:root {
  color-scheme: light;
  --page: #fdfdfc; --ink: #1b1d21; --soft: #5c6068; --faint: #8b9099; --line: #e4e5e7; --hair: #eeeff0; --shade: #f4f4f3;
  --good: #1a7f4f; --bad: #bb2d1f; --warn: #915c00;
  --pass-tint: #eaf5ee; --fail-tint: #fcefec; --invalid-tint: #fbf3e1; --loss-tint: #fcefec;
  --ack: #7a7f88; --index: #a06a00; --preference: #00836a; --freshness: #0a62b8; --recommend: #c2480e; --notify: #a44a8b;
  --posts: #4a7d12; --searches: #5b5bd0;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #141518; --ink: #e9eaec; --soft: #a5a9b1; --faint: #777c86; --line: #2d3036; --hair: #24262b; --shade: #1b1d21;
    --good: #57c08b; --bad: #ff8d7c; --warn: #e2b154;
    --pass-tint: #14241c; --fail-tint: #2b1916; --invalid-tint: #282114; --loss-tint: #2b1916;
    --ack: #a2a7b0; --index: #e3b04b; --preference: #3fc3a2; --freshness: #6ab0f3; --recommend: #f38a52; --notify: #de93c7;
    --posts: #9ccb5f; --searches: #a5a5f5;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
.wrap, main { max-width: 1000px; margin: 0 auto; padding: 0 40px; }
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; padding: 0; }
ul { list-style: none; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9em; }
small { font-size: 0.8125rem; }

.banner { padding: 28px 0 40px; background: var(--pass-tint); --tone: var(--good); }
.banner.v-fail { background: var(--fail-tint); --tone: var(--bad); }
.banner.v-loss { background: var(--loss-tint); --tone: var(--bad); }
.banner.v-invalid { background: var(--invalid-tint); --tone: var(--warn); }
.run, .meta { display: flex; flex-wrap: wrap; gap: 2px 20px; color: var(--soft); font-size: 0.875rem; }
.run span, .meta span { overflow-wrap: anywhere; }
.run span:first-child { color: var(--ink); font-weight: 650; letter-spacing: -0.01em; }
.verdict { display: flex; align-items: center; gap: 10px; margin-top: 40px; color: var(--tone); font-size: 1.125rem; font-weight: 600; }
.verdict svg { width: 22px; height: 22px; flex: none; }
.verdict circle { fill: var(--tone); }
.verdict path { fill: none; stroke: var(--page); stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
h1 { margin-top: 10px; max-width: 25em; font-size: clamp(1.5rem, 1.1rem + 1.8vw, 2.125rem); line-height: 1.2; font-weight: 600; letter-spacing: -0.018em; text-wrap: pretty; }
.reasons { margin-top: 16px; max-width: 44em; color: var(--soft); font-size: 1.0625rem; }
.reasons li + li { margin-top: 4px; }
.v-fail .reasons, .v-loss .reasons, .v-invalid .reasons { color: var(--ink); }
.meta { margin-top: 24px; }

main { padding-bottom: 80px; }
section { margin-top: 56px; }
h2 { margin-bottom: 16px; font-size: 1.25rem; line-height: 1.3; font-weight: 600; letter-spacing: -0.01em; }
h3 { margin: 28px 0 8px; font-size: 0.9375rem; font-weight: 600; }
.lead { max-width: 42em; margin: -8px 0 20px; color: var(--soft); }
.quiet { color: var(--soft); margin-top: 12px; }

table { width: 100%; border-collapse: collapse; font-size: 0.9375rem; }
th { text-align: left; font-weight: inherit; }
th, td { padding: 9px 0 9px 24px; border-bottom: 1px solid var(--hair); vertical-align: baseline; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
thead th { padding-top: 0; color: var(--faint); font-size: 0.8125rem; border-bottom-color: var(--line); }
.num { text-align: right; }
.none, .none abbr { color: var(--faint); }
abbr { text-decoration: none; cursor: help; }
.scroll { overflow-x: auto; }
.bad { color: var(--bad); }

.objectives tbody th { font-weight: 500; white-space: normal; }
.objectives small { display: block; color: var(--soft); font-weight: 400; }
.bar-cell { width: 40%; }
.bar { position: relative; display: block; height: 6px; border-radius: 3px; background: var(--line); }
.bar i { display: block; height: 100%; min-width: 3px; border-radius: 3px; background: var(--good); }
.missed .bar i { background: var(--bad); }
.bar b { position: absolute; top: -5px; width: 2px; height: 16px; margin-left: -1px; background: var(--ink); }
.result { color: var(--good); font-weight: 600; }
.missed .result { color: var(--bad); }

.keys { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1px; background: var(--line); border-block: 1px solid var(--line); }
.keys div { padding: 18px 20px 18px 0; background: var(--page); }
.keys div + div { padding-left: 20px; }
.keys div:nth-child(3n + 1) { padding-left: 0; }
.keys dt { color: var(--soft); font-size: 0.875rem; }
.keys dd { margin-top: 2px; font-size: 1.625rem; line-height: 1.25; font-weight: 550; letter-spacing: -0.02em; }
.keys small { display: block; margin-top: 2px; color: var(--faint); font-weight: 400; letter-spacing: 0; }

svg.chart { display: block; width: 100%; height: auto; overflow: visible; outline-offset: 4px; touch-action: pan-y; }
svg.narrow { display: none; }
.grid { stroke: var(--hair); }
.mark { stroke: var(--line); }
.tick { fill: var(--faint); font-size: 12px; }
.warmup { fill: var(--shade); }
.rule { stroke: var(--ink); stroke-width: 1; opacity: 0; pointer-events: none; }
.rule.on { opacity: 0.5; }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.thin { stroke-width: 1.25; opacity: 0.7; }
.faint { stroke-width: 1.25; stroke-dasharray: 2 4; opacity: 0.65; }
.band { fill: var(--c); opacity: 0.14; }
.gate path { fill: none; stroke: var(--c); stroke-width: 2; }
.off { display: none; }
.m-ack { --c: var(--ack); } .m-index { --c: var(--index); } .m-preference { --c: var(--preference); }
.m-freshness { --c: var(--freshness); } .m-recommend { --c: var(--recommend); } .m-notify { --c: var(--notify); }
.m-posts { --c: var(--posts); } .m-searches { --c: var(--searches); }
.b-0 { --c: var(--freshness); } .b-1 { --c: var(--recommend); } .b-2 { --c: var(--preference); }
.b-3 { --c: var(--notify); } .b-4 { --c: var(--index); } .b-5 { --c: var(--ack); }
.offered { --c: var(--faint); } .sent { --c: var(--freshness); }
.line.offered { stroke-width: 5; opacity: 0.35; }
.swatch { display: inline-block; width: 14px; height: 3px; margin-right: 8px; border-radius: 2px; background: var(--c); vertical-align: 0.25em; }
figcaption { margin-bottom: 14px; font-size: 0.875rem; }
figcaption b { font-weight: 600; }
figure + figure, .panels + figure { margin-top: 36px; }
.head { display: flex; justify-content: space-between; align-items: baseline; gap: 16px; }
.at { font-size: 0.9375rem; font-weight: 600; white-space: nowrap; }
.legend { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); gap: 4px 24px; margin-top: 4px; color: var(--soft); }
.legend li { display: flex; align-items: baseline; gap: 8px; }
.legend .swatch { margin-right: 0; flex: none; }
.legend span { color: var(--ink); }
.legend li > button { min-width: 7.25rem; }
.legend span { white-space: nowrap; }
.key-gate { grid-column: span 2; }
.legend button { display: inline-flex; align-items: baseline; gap: 8px; padding: 0; border: 0; background: none; color: inherit; font: inherit; cursor: pointer; }
.legend button[aria-pressed="false"] { opacity: 0.4; text-decoration: line-through; }
.key-gate svg { width: 20px; height: 10px; }
.key-gate path { fill: none; stroke: var(--soft); stroke-width: 2; }
.panels { display: grid; grid-template-columns: 1fr 1fr; gap: 36px 40px; margin-top: 36px; }
.panels figure { margin: 0; }
.panels figcaption { display: flex; flex-wrap: wrap; gap: 0 12px; align-items: baseline; }
.what { color: var(--soft); }
.pair { width: 100%; color: var(--soft); }
.pair span { color: var(--ink); }

.figures tbody th { font-weight: 550; }
.figures tbody tr:first-child > * { border-bottom: 0; padding-bottom: 0; }
.figures .send td { padding-top: 1px; color: var(--faint); font-size: 0.8125rem; }
.figures .send td:first-child { white-space: normal; min-width: 12em; }
.ledger { display: grid; grid-template-columns: 1fr 1fr; column-gap: 40px; }
.ledger div { display: flex; justify-content: space-between; align-items: baseline; gap: 16px; padding: 9px 0; border-bottom: 1px solid var(--hair); font-size: 0.9375rem; }
.ledger small { display: block; color: var(--faint); }
.ledger .zero dd { color: var(--faint); }
.ledger .bad dd { font-weight: 650; }
.ledger .bad dt { color: var(--bad); }
.cpu .process:first-child th { font-weight: 550; }
.cpu .sum ~ .process th { padding-left: 20px; }
.cpu .thread { color: var(--soft); font-size: 0.875rem; }
.cpu .thread th { padding-left: 20px; }
.cpu .thread > * { padding-block: 4px; border-bottom-color: transparent; }
.cpu .sum > * { border-top: 1px solid var(--line); font-weight: 550; }
.cpu .sum:first-child > * { border-top: 0; }
.cpu .sum:last-child > * { border-bottom: 0; }
.cpu .bar { width: 110px; }
.cpu .bar i { background: var(--index); }
.cpu .thread .bar i { opacity: 0.45; }
.cpu .sum .bar { display: none; }
.notes li { max-width: 44em; padding-left: 18px; position: relative; }
.notes li::before { content: "–"; position: absolute; left: 0; color: var(--faint); }
.notes li + li { margin-top: 6px; }
.facts div { display: grid; grid-template-columns: 9em 1fr; gap: 16px; padding: 7px 0; border-bottom: 1px solid var(--hair); font-size: 0.9375rem; }
.facts dt { color: var(--soft); }
.facts dd { overflow-wrap: anywhere; }
.version { display: inline-block; margin-right: 16px; }
details { margin-top: 20px; }
summary { cursor: pointer; font-size: 0.9375rem; font-weight: 550; }
pre { margin: 14px 0 0; padding: 18px 20px; overflow-x: auto; border-radius: 8px; background: var(--shade); font-size: 0.8125rem; line-height: 1.5; }

@media (max-width: 640px) {
  .wrap, main { padding-inline: 20px; }
  .banner { padding: 20px 0 30px; }
  .verdict { margin-top: 28px; }
  section { margin-top: 44px; }
  svg.wide { display: none; }
  svg.narrow { display: block; }
  .keys { grid-template-columns: 1fr 1fr; }
  .keys div:nth-child(n) { padding: 14px 12px 14px 0; }
  .keys div:nth-child(2n) { padding-left: 16px; }
  .keys dd { font-size: 1.375rem; }
  .panels, .ledger { grid-template-columns: 1fr; }
  .legend { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 4px 16px; }
  .legend.long { grid-template-columns: 1fr; }
  .legend.keyed { column-gap: 12px; font-size: 0.8125rem; }
  .legend.keyed li:not(.key-gate) { justify-content: space-between; gap: 4px; }
  .legend.keyed button { gap: 5px; }
  .legend li > button { min-width: 0; }
  .key-gate { grid-column: 1 / -1; }
  .objectives thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .objectives tbody tr { display: grid; grid-template-columns: 1fr auto; gap: 4px 16px; padding: 12px 0; border-bottom: 1px solid var(--hair); }
  .objectives tbody tr > * { padding: 0; border: 0; text-align: left; white-space: normal; }
  .objectives .result { grid-row: 1; grid-column: 2; }
  .objectives tbody tr > :is(.result, [data-label="limit"]) { justify-self: end; }
  .objectives .bar-cell { grid-column: 1 / -1; width: auto; }
  .objectives .bar { margin: 8px 0; }
  .objectives td[data-label] { color: var(--soft); font-size: 0.875rem; }
  .objectives td[data-label]::before { content: attr(data-label) " "; }
  .facts div { grid-template-columns: 1fr; gap: 0; }
  .figures .send td:first-child { min-width: 0; }
  .about, .cpu .wide { display: none; }
  .cpu, .cpu .thread { font-size: 0.8125rem; }
  .cpu thead th { font-size: 0.75rem; }
  .cpu :is(th, td):not(:first-child) { padding-left: 8px; }
  .cpu .thread th, .cpu .sum ~ .process th { padding-left: 10px; }
  .figures th:first-child, .figures .send td:first-child { position: sticky; left: 0; background: var(--page); }
}
@media print {
  html { font-size: 12.5px; }
  .wrap, main { max-width: none; padding: 0; }
  .banner { padding: 12px 16px 16px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .bar, .swatch { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .verdict { margin-top: 12px; }
  section { margin-top: 28px; }
  tr, figure, .keys, .ledger div { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
  th, td { padding-left: 10px; }
  pre { white-space: pre-wrap; }
}
`
