import { LakeFileReader } from '../../domain/lake/parquet-reader.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { ObjectStore, StoredObject } from '../../ports/object-store.ts'

/** Larger files are read range by range. */
const WHOLE_BYTES = 64 * 1024 * 1024

/** Opens a file of a lake; `whole: false` where little of it will be read. Rejects with REP_NOT_FOUND where it is gone: it was merged into another one. */
export async function openLakeFile(
  store: ObjectStore,
  { key, bytes }: StoredObject,
  { whole: atOnce = true }: { readonly whole?: boolean } = {},
): Promise<LakeFileReader> {
  const name = `${store.capabilities.place}/${key}`
  if (bytes > WHOLE_BYTES || !atOnce) {
    const read = async (start: number, end: number) => there(name, await store.get(key, { start, end }))
    return LakeFileReader.open({ name, bytes, read })
  }
  const whole = there(name, await store.get(key))
  return LakeFileReader.open({
    name,
    bytes: whole.length,
    read: async (start, end) => whole.subarray(start, end),
  })
}

function there(name: string, bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) throw new RepError('REP_NOT_FOUND', `${name} is gone: it was merged meanwhile.`)
  return bytes
}
