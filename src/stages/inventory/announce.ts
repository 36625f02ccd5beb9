import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec, type EventCodec } from '../../domain/codec.ts'
import type { InventoryChange, NotificationChannel } from '../../domain/events.ts'
import { NOTIFICATION_PUSH } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import type { Stack } from '../../ports/stack.ts'
import type { VectorItem } from '../../ports/vector-index.ts'
import { Audience } from './audience.ts'
import type { News } from './decide.ts'
import { notificationId } from './notification-id.ts'
import { type Telling, TellingLimits } from './telling-limits.ts'
import { wordingOf } from './wording.ts'

const text = new TextEncoder()

/** A change that is worth telling. */
export interface Announcement {
  readonly change: InventoryChange
  readonly news: News
  /** Null for a product that the index does not know. */
  readonly product: VectorItem | null
  /** Due time of the change: the notifications' own, so that their latency counts from it. */
  readonly dueUs: number
}

/** Turns changes into notifications in the log. */
export class Announcer {
  readonly #stack: Stack
  readonly #codec: EventCodec
  readonly #audience: Audience
  readonly #limits: TellingLimits
  readonly #channel: NotificationChannel

  constructor(stack: Stack, { inventory, notify }: PipelineSettings) {
    this.#stack = stack
    this.#codec = createCodec(stack.schemaIds)
    this.#audience = new Audience(stack, inventory)
    this.#limits = new TellingLimits(stack.keyValue, inventory)
    this.#channel = notify.channel
  }

  /**
   * Appends the notifications of one change and returns how many. The same change gives the same notifications
   * again, byte for byte, to all who may still be told. Rejects with REP_LOG_UNAVAILABLE (retryable) where not
   * all are certainly stored.
   */
  async announce(announcement: Announcement): Promise<number> {
    const { change, news, product } = announcement
    const users = await this.#audience.of(change, product?.vector ?? null)
    const tellings = users.map(
      (userId): Telling => ({
        userId,
        id: notificationId(change.traceId, news.kind, userId),
        subject: `${news.kind}:${userId.length}:${userId}:${change.productId}`,
      }),
    )
    const admitted = await this.#limits.admit(tellings)
    if (admitted.length > 0) await this.#append(this.#records(announcement, admitted))
    return admitted.length
  }

  #records({ change, news, product, dueUs }: Announcement, tellings: readonly Telling[]): LogRecord[] {
    const { productId, timestamp, traceId: causeTraceId } = change
    const name = product?.attributes.name
    const wording = wordingOf(news, typeof name === 'string' ? name : productId)
    return tellings.map(({ userId, id }) => {
      const value = this.#codec.encodeNotification({
        traceId: id,
        userId,
        productId,
        kind: news.kind,
        channel: this.#channel,
        ...wording,
        causeTraceId,
        // Event time, as everything in the log has it; also the same when the change is handled again.
        createdAt: timestamp,
      })
      return { key: text.encode(userId), value, dueUs }
    })
  }

  async #append(records: readonly LogRecord[]): Promise<void> {
    const { failures } = await this.#stack.log.append(NOTIFICATION_PUSH, records)
    const first = failures?.[0]
    if (failures === undefined || first === undefined) return
    throw new RepError(
      'REP_LOG_UNAVAILABLE',
      `${failures.length} of ${records.length} notifications were not stored in ${NOTIFICATION_PUSH}: ${first.error.message}`,
      { cause: first.error },
    )
  }
}
