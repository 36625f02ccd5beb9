import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunMeasurements } from '../src/measure/run-measurements.ts'
import type { RunRecord } from '../src/measure/run-record.ts'
import { renderHgrm } from './hgrm.ts'
import { renderHlog } from './hlog.ts'
import { renderHtml } from './html.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMarkdown } from './markdown.ts'

/** A file's name, and what is in it. */
export type NamedFile = readonly [name: string, content: string | Uint8Array]

/**
 * Writes every file of a run into its directory, which is made if need be. Each file appears whole or not at
 * all, and `run.json` last: a directory that has it is complete. Rejects with the file system's error.
 */
export async function writeRunDirectory(
  directory: string,
  record: RunRecord,
  measurements: RunMeasurements,
  others: readonly NamedFile[] = [],
): Promise<void> {
  await mkdir(directory, { recursive: true })
  const files: NamedFile[] = [
    ...others,
    ['report.html', renderHtml(record)],
    ['junit.xml', renderJunit(record)],
    ['summary.md', renderMarkdown(record)],
    ['latency.hlog', renderHlog(measurements)],
  ]
  for (const [name, { dueToDone }] of measurements.measures)
    if (dueToDone.totalCount > 0) files.push([`${name}.hgrm`, renderHgrm(dueToDone)])
  await Promise.all(files.map(([name, content]) => writeWhole(join(directory, name), content)))
  await writeWhole(join(directory, 'run.json'), renderJson(record))
}

/** Writes beside the file and renames over it, so that no reader sees half of it. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  try {
    await writeFile(draft, content, { flush: true })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
