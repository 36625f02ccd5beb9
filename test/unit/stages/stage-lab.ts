import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PipelineSettings } from '../../../src/config/scenario.ts'
import { createCodec } from '../../../src/domain/codec.ts'
import type { UserAction } from '../../../src/domain/events.ts'
import { DEFAULT_FEATURES } from '../../../src/domain/features/default-definitions.ts'
import { PRODUCT_INDEX } from '../../../src/domain/indexes.ts'
import { DEFAULT_ACTION_WEIGHTS } from '../../../src/domain/preference.ts'
import { TOPICS, USER_ACTION } from '../../../src/domain/topics.ts'
import { formatTraceId } from '../../../src/domain/trace-id.ts'
import type { Stack } from '../../../src/ports/stack.ts'
import { openEmbeddedStack } from '../../../src/stacks/embedded.ts'
import type { Stage, StageContext } from '../../../src/stages/stage.ts'

export const DIMS = 8
const codec = createCodec()
const utf8 = new TextEncoder()

/** A stage's surroundings on the embedded stack, with what it reported. */
export interface StageLab {
  readonly stack: Stack
  readonly context: StageContext
  readonly done: { readonly measure: string; readonly traceId: string; readonly dueUs: number }[]
  /** What stages found done already. */
  readonly known: StageLab['done']
  readonly lines: string[]
  close(): Promise<void>
}

/** An empty embedded stack with all topics; the products p0 to p3 lie along the first axes. */
export async function openStageLab(): Promise<StageLab> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rep-stage-'))
  const stack = await openEmbeddedStack({ dataDir, dims: DIMS })
  await stack.log.ensureTopics(TOPICS)
  await stack.vectors.ensureIndexes([{ index: PRODUCT_INDEX, dims: DIMS, kind: 'flat' }])
  await stack.vectors.upsertMany(
    PRODUCT_INDEX,
    [0, 1, 2, 3].map((i) => ({
      id: `p${i}`,
      vector: axis(i),
      attributes: { category: 'c', price: 1, stock: 1 },
    })),
  )
  const done: StageLab['done'] = []
  const known: StageLab['known'] = []
  const lines: string[] = []
  const context: StageContext = {
    stack,
    observer: {
      done: (measure, traceId, dueUs) => void done.push({ measure, traceId, dueUs }),
      known: (measure, traceId, dueUs) => void known.push({ measure, traceId, dueUs }),
    },
    log: (line) => void lines.push(line),
  }
  const close = async () => {
    await stack.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { stack, context, done, known, lines, close }
}

/** Unit vector along one axis. */
export function axis(i: number): Float32Array {
  const vector = new Float32Array(DIMS)
  vector[i] = 1
  return vector
}

export function traceId(sequence: number): string {
  return formatTraceId(1_759_276_800_000, 7, sequence)
}

/** An action with everything filled in; the trace id follows from `sequence`. */
export function action(sequence: number, changes: Partial<UserAction> = {}): UserAction {
  return {
    traceId: traceId(sequence),
    userId: 'u1',
    sessionId: 's1',
    actionType: 'VIEW',
    timestamp: 1_759_276_800_000 + sequence,
    productId: 'p0',
    category: 'shoes',
    price: 10,
    properties: {},
    ...changes,
  }
}

/** Appends actions, due at their position + 1 µs; a Uint8Array is appended as it is, for user u1. */
export async function appendActions(
  stack: Stack,
  actions: readonly (UserAction | Uint8Array)[],
): Promise<void> {
  await stack.log.append(
    USER_ACTION,
    actions.map((value, i) =>
      value instanceof Uint8Array
        ? { key: utf8.encode('u1'), value, dueUs: i + 1, headers: { origin: utf8.encode('test') } }
        : { key: utf8.encode(value.userId), value: codec.encodeUserAction(value), dueUs: i + 1 },
    ),
  )
}

/** Records in the log that a group has not committed. */
export async function uncommitted(stack: Stack, group: string): Promise<number> {
  const committed = await stack.log.committed(group, USER_ACTION)
  const ends = await stack.log.offsets(USER_ACTION)
  const next = new Map(committed.map(({ partition, offset }) => [partition, offset]))
  return ends.reduce((sum, { partition, latest }) => sum + latest - (next.get(partition) ?? 0), 0)
}

/** Polls until every record was handed to the stage; the stage need not have flushed them. */
export async function handleAll(opened: {
  readonly stage: Stage
  readonly consumer: { poll(maxWaitMs: number): Promise<readonly never[] | readonly unknown[]> }
}): Promise<void> {
  const { stage, consumer } = opened
  for (;;) {
    const batch = (await consumer.poll(50)) as Parameters<Stage['handle']>[0]
    if (batch.length === 0) return
    await stage.handle(batch)
  }
}

/** Settings under which nothing happens by age, unless the test asks for it. */
export function pipelineSettings(
  changes: {
    readonly behavior?: Partial<PipelineSettings['behavior']>
    readonly preference?: Partial<PipelineSettings['preference']>
  } = {},
): PipelineSettings {
  const hourMs = 3_600_000
  return {
    embedder: { dims: DIMS },
    behavior: {
      flushDocuments: 500,
      flushMs: hourMs,
      dedupeWindow: 100,
      batchRecords: 1000,
      ...changes.behavior,
    },
    preference: {
      alpha: 0.5,
      weights: DEFAULT_ACTION_WEIGHTS,
      ttlMs: hourMs,
      backupMs: hourMs,
      batchRecords: 1000,
      ...changes.preference,
    },
    recommend: { candidates: 10, indexKind: 'flat', diversity: 0, popularRefreshMs: hourMs },
    features: { enabled: true, definitions: DEFAULT_FEATURES, ttlMs: hourMs, batchRecords: 1000 },
    statistics: { enabled: true, flushMs: hourMs, retentionDays: 30, batchRecords: 1000 },
    lake: {
      enabled: true,
      where: null,
      rollRows: 1000,
      rollBytes: 1e6,
      rollAgeMs: hourMs,
      batchRecords: 1000,
    },
    inventory: {
      priceDropPercent: 10,
      lowStock: 5,
      recentMs: hourMs,
      nearestUsers: 10,
      fanOut: 10,
      perUserPerHour: 10,
      dedupeMs: hourMs,
    },
    notify: {
      channel: 'PUSH',
      latencyMs: 1,
      failureRate: 0,
      attempts: 1,
      backoffMs: 1,
      concurrency: 1,
      webhookUrl: null,
    },
  }
}

/** Asserts nothing itself: what of `in` is neither out nor accounted for otherwise. */
export function inFlight({ counters }: Stage): number {
  return counters.in - counters.out - counters.duplicates - counters.deadLettered - counters.rejected
}
