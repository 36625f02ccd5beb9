import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeRunDirectory } from '../../../reports/write-run.ts'
import { sampleRun } from '../../fixtures/run-records/build.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rep-write-run-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('a run directory holds every report and nothing else, and can be written again', async () => {
  const { record, measurements } = sampleRun('partial')
  const directory = join(root, 'runs', record.id)
  await writeRunDirectory(directory, record, measurements)
  await writeRunDirectory(directory, record, measurements)
  const names = (await readdir(directory)).sort()
  const distributions = [...measurements.measures.keys()].map((name) => `${name}.hgrm`)
  expect(names).toEqual(
    ['junit.xml', 'latency.hlog', 'report.html', 'run.json', 'summary.md', ...distributions].sort(),
  )
  expect(JSON.parse(await readFile(join(directory, 'run.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(record)),
  )
})

test('a directory that cannot hold a report has no run.json and no draft', async () => {
  const { record, measurements } = sampleRun('tiny')
  await mkdir(join(root, 'report.html'))
  await writeFile(join(root, 'report.html', 'in-the-way'), '')
  await expect(writeRunDirectory(root, record, measurements)).rejects.toThrow()
  const names = await readdir(root)
  expect(names).not.toContain('run.json')
  expect(names).not.toContain(`report.html.${process.pid}.tmp`)
})
