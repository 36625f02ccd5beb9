import { join } from 'node:path'
import { LmdbUsearchVectorIndex } from '../../src/drivers/vector-index/lmdb-usearch.ts'
import { openTemporaryState } from '../fixtures/temporary-state.ts'
import { describeVectorIndex } from './vector-index-contract.ts'

describeVectorIndex('usearch', async () => {
  const { directory, environment, indexWriter, close } = await openTemporaryState()
  const open = () => new LmdbUsearchVectorIndex(environment, indexWriter, join(directory, 'graphs'))
  return { vectors: open(), another: async () => open(), close }
})
