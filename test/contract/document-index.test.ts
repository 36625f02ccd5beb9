import { LmdbDocumentIndex } from '../../src/drivers/document-index/lmdb.ts'
import { openTemporaryState } from '../fixtures/temporary-state.ts'
import { describeDocumentIndex } from './document-index-contract.ts'

describeDocumentIndex('lmdb', async () => {
  const state = await openTemporaryState()
  return {
    documents: new LmdbDocumentIndex(state.environment, state.indexWriter),
    close: () => state.close(),
  }
})
