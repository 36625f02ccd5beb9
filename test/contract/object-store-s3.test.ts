import { expect, test } from 'vitest'
import { S3ObjectStore } from '../../src/drivers/object-store/s3.ts'
import { describeService, uniquePrefix } from '../fixtures/native-service.ts'
import { makeBucket, s3Access } from '../fixtures/s3.ts'
import { describeObjectStore } from './object-store-contract.ts'

describeService(
  'REP_TEST_S3',
  (url) => {
    const bucket = `rep-test-${process.pid}-${Date.now().toString(36)}`
    let made: Promise<void> | null = null

    describeObjectStore('s3', async () => {
      made ??= makeBucket(url, bucket)
      await made
      const place = `s3://${bucket}/${uniquePrefix()}`
      const open = () => new S3ObjectStore(place, s3Access(url))
      const store = open()
      const close = async () => {
        const cleaner = open()
        for await (const page of cleaner.list('')) await cleaner.delete(page.map(({ key }) => key))
        await cleaner.close()
      }
      return { store, again: async () => open(), close }
    })

    test('s3: a bucket that is not there is named', async () => {
      const store = new S3ObjectStore('s3://rep-no-such-bucket/lake', s3Access(url))
      const why = {
        code: 'REP_ENVIRONMENT',
        message: expect.stringContaining('s3://rep-no-such-bucket/lake'),
      }
      await expect(store.put('a', Uint8Array.of(1))).rejects.toMatchObject(why)
      await expect(store.get('a')).rejects.toMatchObject(why)
      await expect(store.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject(why)
      await store.close()
    })
  },
  's3',
)

test('s3: a service that does not answer is trouble that may pass', async () => {
  const store = new S3ObjectStore('s3://bucket/lake', {
    endpoint: 'http://127.0.0.1:1',
    accessKeyId: 'a',
    secretAccessKey: 'b',
  })
  await expect(store.put('a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'REP_STORE_UNAVAILABLE' })
  await store.close()
})
