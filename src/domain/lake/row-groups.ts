import type { LakeValue } from './lake-columns.ts'
import { GROUP_ROWS, LakeFileWriter } from './parquet-writer.ts'

/** Batches of columns as one file, piece by piece, in groups that are worth scanning. */
export async function* asOneFile(
  batches: AsyncIterable<readonly (readonly LakeValue[])[]>,
): AsyncGenerator<Uint8Array> {
  const writer = new LakeFileWriter()
  for await (const batch of batches) {
    for (let at = 0; at < batch[0]!.length; at++) writer.push(batch, at)
    if (writer.groupRows < GROUP_ROWS) continue
    writer.endGroup()
    yield writer.take()
  }
  yield writer.end()
}
