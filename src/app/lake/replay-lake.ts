import type { LakeFile } from '../../domain/lake/lake-layout.ts'
import type { ReplayReader } from '../../load/replay/open-replay.ts'
import type { ReplayRow } from '../../load/replay/replay-row.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { lakeFolders } from '../../stages/lake/lake-files.ts'
import { openLakeFile } from '../../stages/lake/open-file.ts'
import { mergeByTime, type TimedFile } from './merge-by-time.ts'
import { EVENT_TIME, recordedAction, rowText, rowTraceId } from './recorded-row.ts'

/** Rows that are handed on together. */
const BATCH = 1000

interface ReplayFile extends TimedFile {
  readonly key: string
}

/** The actions of a lake in the order of their event times, hour by hour. */
export function openLakeReplay(store: ObjectStore): ReplayReader {
  return {
    format: { name: 'lake', invented: [], read: () => 'a lake has columns, not lines' },
    async *rows(onReject) {
      let batch: ReplayRow[] = []
      let line = 0
      for await (const { current } of lakeFolders(store)) {
        const files = await Promise.all(current.map((file) => timedFile(store, file)))
        for await (const { file, columns, at, row } of mergeByTime(files, EVENT_TIME)) {
          line++
          const action = recordedAction(columns, at)
          if (typeof action === 'string') {
            onReject({ line, reason: `${action} (row ${row} of ${file.key})`, text: rowText(columns, at) })
            continue
          }
          const { brand } = action.properties
          const product = brand === undefined ? {} : { brand }
          batch.push({ line, action, product, text: rowTraceId(columns, at) })
          if (batch.length < BATCH) continue
          yield batch
          batch = []
        }
      }
      yield batch
    },
  }
}

async function timedFile(store: ObjectStore, file: LakeFile): Promise<ReplayFile> {
  const ends = await openLakeFile(store, file, { whole: false })
  return {
    key: file.key,
    // Without statistics it may begin at any time.
    least: ends.least('event_time') ?? -(2n ** 63n),
    async *groups() {
      yield* (await openLakeFile(store, file)).all()
    },
  }
}
