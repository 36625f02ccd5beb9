import type { IncomingHttpHeaders } from 'node:http'
import { createCodec } from '../../../../src/domain/codec.ts'
import type { Notification } from '../../../../src/domain/events.ts'
import { NOTIFICATION_HISTORY_INDEX } from '../../../../src/domain/indexes.ts'
import { NOTIFICATION_PUSH } from '../../../../src/domain/topics.ts'
import type { DocumentFields } from '../../../../src/ports/document-index.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { notificationId } from '../../../../src/stages/inventory/notification-id.ts'
import { startTestServer } from '../../../fixtures/http-server.ts'
import { traceId } from '../stage-lab.ts'

const codec = createCodec()
const utf8 = new TextEncoder()

/** A notification of user `u<sequence>`; its trace id follows from the sequence. */
export function notification(sequence: number, changes: Partial<Notification> = {}): Notification {
  const userId = `u${sequence}`
  return {
    traceId: idOf(sequence),
    userId,
    productId: 'p0',
    kind: 'PRICE_DROP',
    channel: 'PUSH',
    title: 'Price drop: Red Kettle',
    body: 'Red Kettle now costs 80.00 instead of 100.00, 20 % less.',
    causeTraceId: traceId(0),
    createdAt: 1_759_276_800_000 + sequence,
    ...changes,
  }
}

export function idOf(sequence: number): string {
  return notificationId(traceId(0), 'PRICE_DROP', `u${sequence}`)
}

/**
 * Appends notifications, due at 1000 times their position + 1, under their users' keys or under one; bytes are
 * appended as they are.
 */
export async function appendNotifications(
  stack: Stack,
  notifications: readonly (Notification | Uint8Array)[],
  key?: string,
): Promise<void> {
  const records = notifications.map((value, i) => ({
    key: utf8.encode(key ?? (value instanceof Uint8Array ? 'u0' : value.userId)),
    value: value instanceof Uint8Array ? value : codec.encodeNotification(value),
    dueUs: 1000 * (i + 1),
  }))
  await stack.log.append(NOTIFICATION_PUSH, records)
}

/** The history entry of a notification. */
export async function historyOf(stack: Stack, sequence: number): Promise<DocumentFields | null> {
  const [entry] = await stack.documents.getMany(NOTIFICATION_HISTORY_INDEX, [idOf(sequence)])
  return entry ?? null
}

export interface Post {
  readonly body: unknown
  readonly headers: IncomingHttpHeaders
}

export interface Receiver {
  readonly url: string
  readonly posts: Post[]
  close(): Promise<void>
}

/** A webhook's receiver on loopback. `answer` gives the status of the post with this number, from 0; null: no answer. */
export async function openReceiver(
  answer: (number: number, post: Post) => number | null | Promise<number | null>,
): Promise<Receiver> {
  const posts: Post[] = []
  const { url, close } = await startTestServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const post = { body: JSON.parse(Buffer.concat(chunks).toString()) as unknown, headers: request.headers }
    const status = await answer(posts.push(post) - 1, post)
    if (status !== null) response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('x')
  })
  return { url: `${url}/hook`, posts, close }
}
