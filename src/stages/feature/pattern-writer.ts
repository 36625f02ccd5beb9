import { createCodec, type EventCodec } from '../../domain/codec.ts'
import type { FeatureDefinitions } from '../../domain/features/definitions.ts'
import { nameUuid } from '../../domain/name-uuid.ts'
import { USER_PATTERN } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Stack } from '../../ports/stack.ts'
import type { FoundPattern } from './feature-partition.ts'

/** Name space of the patterns' trace ids: a random UUID, the same for ever. */
const NAME_SPACE = Buffer.from('b3e7c1a94d5f4e0f8a2b6c90d1e87f34', 'hex')

const text = new TextEncoder()

/** Appends found patterns to `user.pattern.v1`. */
export class PatternWriter {
  readonly #log: Stack['log']
  readonly #codec: EventCodec
  readonly #remind: ReadonlySet<string>

  constructor(stack: Pick<Stack, 'log' | 'schemaIds'>, { patterns }: FeatureDefinitions) {
    this.#log = stack.log
    this.#codec = createCodec(stack.schemaIds)
    this.#remind = new Set(patterns.filter(({ remind }) => remind).map(({ name }) => name))
  }

  /**
   * Appends all and returns how many. A pattern that is found again after a crash has the same trace id. Rejects
   * with REP_LOG_UNAVAILABLE (retryable) where not all are certainly stored.
   */
  async append(found: readonly FoundPattern[]): Promise<number> {
    if (found.length === 0) return 0
    const { failures } = await this.#log.append(
      USER_PATTERN,
      found.map(({ userId, pattern, beganMs, detectedMs, causeTraceId, productIds }) => ({
        key: text.encode(userId),
        value: this.#codec.encodeUserPattern({
          traceId: nameUuid(NAME_SPACE, `${causeTraceId}\n${pattern}\n${userId}`),
          userId,
          pattern,
          beganAt: beganMs,
          detectedAt: detectedMs,
          causeTraceId,
          productIds: [...productIds],
          remind: this.#remind.has(pattern),
        }),
        dueUs: 0,
      })),
    )
    const first = failures?.[0]
    if (failures === undefined || first === undefined) return found.length
    throw new RepError(
      'REP_LOG_UNAVAILABLE',
      `${failures.length} of ${found.length} patterns were not stored in ${USER_PATTERN}: ${first.error.message}`,
      { cause: first.error },
    )
  }
}
