import { type LakeValue, newColumns } from './lake-columns.ts'
import { GROUP_ROWS, LakeFileWriter } from './parquet-writer.ts'

/** Batches of columns as one file, piece by piece, in groups that are worth scanning. */
export async function* asOneFile(
  batches: AsyncIterable<readonly (readonly LakeValue[])[]>,
): AsyncGenerator<Uint8Array> {
  const writer = new LakeFileWriter()
  let held = newColumns()
  for await (const batch of batches) {
    for (const [i, values] of batch.entries()) {
      const column = held[i]!
      for (const value of values) column.push(value)
    }
    if (held[0]!.length < GROUP_ROWS) continue
    writer.add(held)
    held = newColumns()
    yield writer.take()
  }
  if (held[0]!.length > 0) writer.add(held)
  yield writer.end()
}
