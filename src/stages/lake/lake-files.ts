import {
  covers,
  type LakeFile,
  type LakeRange,
  parseFile,
  splitMerged,
} from '../../domain/lake/lake-layout.ts'
import type { ObjectStore } from '../../ports/object-store.ts'

/** The files of one folder, e.g. of an hour. */
export interface LakeFolder {
  readonly hour: string
  /** Each row once; in the order of partitions and offsets. */
  readonly current: readonly LakeFile[]
  /** Left over: each lies within one of the current ones. */
  readonly merged: readonly LakeFile[]
}

/** The folders of a lake, or one of them, in the order of their names, that is: of time. */
export async function* lakeFolders(store: ObjectStore, under = 'event_date='): AsyncGenerator<LakeFolder> {
  let files: LakeFile[] = []
  for await (const page of store.list(under)) {
    for (const { key, bytes } of page) {
      const file = parseFile(key, bytes)
      if (file === null) continue
      const [first] = files
      if (first !== undefined && first.hour !== file.hour) {
        yield { hour: first.hour, ...splitMerged(files) }
        files = []
      }
      files.push(file)
    }
  }
  const [first] = files
  if (first !== undefined) yield { hour: first.hour, ...splitMerged(files) }
}

/** True where the folder has this file, or one that it was merged into. */
export async function isInLake(store: ObjectStore, hour: string, range: LakeRange): Promise<boolean> {
  for await (const page of store.list(hour)) {
    for (const { key, bytes } of page) {
      const file = parseFile(key, bytes)
      if (file !== null && covers(file, range)) return true
    }
  }
  return false
}
