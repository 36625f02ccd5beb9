import { LmdbKeyValue } from '../../src/drivers/key-value/lmdb.ts'
import { openTemporaryState } from '../fixtures/temporary-state.ts'
import { describeKeyValue } from './key-value-contract.ts'

describeKeyValue('lmdb', async () => {
  const state = await openTemporaryState()
  return { keyValue: new LmdbKeyValue(state.environment, state.writer), close: () => state.close() }
})
