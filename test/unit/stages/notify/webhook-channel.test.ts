import { afterEach, expect, test } from 'vitest'
import { WebhookChannel } from '../../../../src/stages/notify/webhook-channel.ts'
import { idOf, notification, openReceiver, type Receiver } from './notify-lab.ts'

let receiver: Receiver | null = null
let channel: WebhookChannel | null = null
afterEach(async () => {
  await channel?.close()
  await receiver?.close()
  channel = null
  receiver = null
})

async function sendTo(answer: Parameters<typeof openReceiver>[0], timeoutMs = 60_000) {
  receiver = await openReceiver(answer)
  channel = new WebhookChannel({ url: receiver.url, concurrency: 2, timeoutMs })
  return channel.send(notification(1))
}

test('posts the notification as JSON, with its trace id as the idempotency key', async () => {
  expect(await sendTo(() => 204)).toEqual({ ok: true })
  expect(receiver?.posts).toHaveLength(1)
  const [post] = receiver!.posts
  expect(post?.body).toEqual(notification(1))
  expect(post?.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': idOf(1) })
})

test.each([
  [500, false],
  [503, false],
  [429, false],
  [408, false],
  [400, true],
  [404, true],
])('status %i is a failure; permanent: %s', async (status, permanent) => {
  const reason = `the webhook answered with status ${status}`
  expect(await sendTo(() => status)).toEqual({ ok: false, permanent, reason })
})

test('follows no redirect', async () => {
  expect(await sendTo(() => 302)).toMatchObject({ ok: false, permanent: true })
  expect(receiver?.posts).toHaveLength(1)
})

test('an answer that does not come in time is a transient failure', async () => {
  const result = await sendTo(() => null, 50)
  expect(result).toMatchObject({ ok: false, permanent: false })
  expect(result.ok ? '' : result.reason).toMatch(/did not answer: .*timeout/)
})

test('a refused connection is a transient failure', async () => {
  const gone = await openReceiver(() => 200)
  await gone.close()
  channel = new WebhookChannel({ url: gone.url, concurrency: 1 })
  const result = await channel.send(notification(1))
  expect(result).toMatchObject({ ok: false, permanent: false })
  expect(result.ok ? '' : result.reason).toMatch(/ECONNREFUSED/)
})
