import type { RunRecord } from '../src/measure/run-record.ts'
import { chartSections } from './html-charts.ts'
import { keyFigures, objectiveSection, verdictBanner } from './html-head.ts'
import { resourceSection } from './html-resources.ts'
import { REPORT_SCRIPT } from './html-script.ts'
import { stageSection } from './html-stages.ts'
import { REPORT_STYLE } from './html-style.ts'
import {
  conservationSection,
  ledgerSection,
  manifestSection,
  notesSection,
  stepSection,
} from './html-tables.ts'
import { Markup, markup } from './markup.ts'
import { VERDICT_WORD } from './measure-text.ts'

/**
 * The run as one self-contained HTML page: no request leaves it, and it can be read without JavaScript.
 * Throws on a histogram of the record that cannot be decoded.
 */
export function renderHtml(record: RunRecord): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${record.scenario}: ${VERDICT_WORD[record.verdict].toLowerCase()} · rep run ${record.id}</title>
<style>${new Markup(REPORT_STYLE)}</style>
</head>
<body>
${verdictBanner(record)}
<main>
${objectiveSection(record)}
${keyFigures(record)}
${chartSections(record)}
${stageSection(record)}
${stepSection(record)}
${ledgerSection(record)}
${conservationSection(record)}
${resourceSection(record)}
${notesSection(record)}
${manifestSection(record)}
</main>
<script>${new Markup(REPORT_SCRIPT)}</script>
</body>
</html>
`.text
}
