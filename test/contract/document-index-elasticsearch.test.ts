import { ElasticsearchDocumentIndex } from '../../src/drivers/document-index/elasticsearch.ts'
import { openTemporaryIndexes } from '../fixtures/elasticsearch.ts'
import { describeService } from '../fixtures/native-service.ts'
import { describeDocumentIndex } from './document-index-contract.ts'

describeService('REP_TEST_ELASTICSEARCH', (node) => {
  describeDocumentIndex('elasticsearch', async () => {
    const { client, close } = openTemporaryIndexes(node)
    return { documents: new ElasticsearchDocumentIndex(client), close }
  })
})
