import type { RunRecord } from '../src/measure/run-record.ts'
import { type CpuRow, cpuRows } from './cpu-rows.ts'
import { formatBytes, formatShare } from './format.ts'
import { alignedFigure } from './html-number.ts'
import { type Markup, markup } from './markup.ts'

/** Where the CPU time goes, by process, threads beneath; and the memory of each process. */
export function resourceSection(record: RunRecord): Markup {
  const rows = cpuRows(record)
  if (rows.length === 0) return markup``
  return markup`<section><h2>Where the CPU goes</h2><p class="lead">From the first due time until everything was handled, warm-up included. “Per 10,000” is CPU seconds by 10,000 acknowledged events; memory is the peak of a process as a whole.</p>
<div class="scroll"><table class="cpu"><thead><tr><th scope="col">Process</th><th scope="col" class="num">CPU s</th><th scope="col" class="num">per 10,000</th><th scope="col" class="num wide">share</th><th scope="col" class="wide"></th><th scope="col" class="num wide">cores</th><th scope="col" class="num"><span class="wide">peak </span>memory</th><th scope="col" class="num wide">not file pages</th></tr></thead>
<tbody>${rows.map(line)}</tbody></table></div></section>`
}

function line(row: CpuRow): Markup {
  const { name, kind, cpuSeconds, perTenThousand, share, cores, peakRssBytes, peakAnonBytes } = row
  const memory = (bytes: number | null) => (kind === 'thread' ? '' : formatBytes(bytes))
  return markup`<tr class="${kind}"><th scope="row">${name}</th><td class="num">${alignedFigure(cpuSeconds)}</td><td class="num">${alignedFigure(perTenThousand)}</td><td class="num wide">${formatShare(share)}</td><td class="wide"><span class="bar"><i style="width:${Math.round(share * 1000) / 10}%"></i></span></td><td class="num wide">${alignedFigure(cores)}</td><td class="num">${memory(peakRssBytes)}</td><td class="num wide">${memory(peakAnonBytes)}</td></tr>`
}
