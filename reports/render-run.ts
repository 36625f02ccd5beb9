import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunRecord } from '../src/measure/run-record.ts'
import { renderHtml } from './html.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMarkdown } from './markdown.ts'
import { renderPrometheus } from './prometheus.ts'
import { renderSummary } from './terminal.ts'

export const RUN_FORMATS = ['terminal', 'json', 'html', 'junit', 'markdown', 'prometheus', 'hlog'] as const
export type RunFormat = (typeof RUN_FORMATS)[number]

/** One run in one format. The interval log is read from the run's directory: the record has no intervals' histograms. */
export async function renderRun(record: RunRecord, directory: string, format: RunFormat): Promise<string> {
  switch (format) {
    case 'terminal':
      return renderSummary(record, {
        color: process.stdout.isTTY === true,
        width: process.stdout.columns ?? 100,
      })
    case 'json':
      return renderJson(record)
    case 'html':
      return renderHtml(record)
    case 'junit':
      return renderJunit(record)
    case 'markdown':
      return renderMarkdown(record)
    case 'prometheus':
      return renderPrometheus(record)
    case 'hlog':
      return await readFile(join(directory, 'latency.hlog'), 'utf8')
  }
}
