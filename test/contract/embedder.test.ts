import { HashingEmbedder } from '../../src/drivers/embedder/hashing.ts'
import { describeEmbedder } from './embedder-contract.ts'

describeEmbedder('hashing', async () => new HashingEmbedder())
