import { Redis } from 'ioredis'
import { openRedisKeyValue } from '../../src/drivers/key-value/redis.ts'
import { describeService, uniquePrefix } from '../fixtures/native-service.ts'
import { describeKeyValue } from './key-value-contract.ts'

describeService('REP_TEST_REDIS', (url) => {
  describeKeyValue('redis', async () => {
    const prefix = uniquePrefix()
    const keyValue = await openRedisKeyValue({ url, prefix })
    return {
      keyValue,
      close: async () => {
        await keyValue.close()
        await removeKeys(url, prefix)
      },
    }
  })
})

async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url)
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 }))
    if ((keys as string[]).length > 0) await redis.unlink(keys as string[])
  redis.disconnect()
}
