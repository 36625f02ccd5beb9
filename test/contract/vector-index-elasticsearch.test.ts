import { ElasticsearchVectorIndex } from '../../src/drivers/vector-index/elasticsearch.ts'
import { openTemporaryIndexes } from '../fixtures/elasticsearch.ts'
import { describeService } from '../fixtures/native-service.ts'
import { describeVectorIndex } from './vector-index-contract.ts'

describeService('REP_TEST_ELASTICSEARCH', (node) => {
  for (const graph of ['int8_hnsw', 'hnsw'] as const) {
    describeVectorIndex(`elasticsearch ${graph}`, async () => {
      const { client, close } = openTemporaryIndexes(node)
      const open = () => new ElasticsearchVectorIndex(client, { graph })
      return { vectors: open(), another: async () => open(), close }
    })
  }
})
