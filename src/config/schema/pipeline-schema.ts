import { z } from 'zod'
import type { ActionType } from '../../domain/events.ts'
import { DEFAULT_ACTION_WEIGHTS, DEFAULT_ALPHA } from '../../domain/preference.ts'
import { duration, number, oneOf, share, whole } from './fields.ts'

const HOUR = 3_600_000

const weight = (type: ActionType) =>
  number(-10, 10)
    .prefault(DEFAULT_ACTION_WEIGHTS[type])
    .meta({ description: `Weight of one ${type}; below 0 pushes away.` })

const weights = z.strictObject({
  VIEW: weight('VIEW'),
  CLICK: weight('CLICK'),
  SEARCH: weight('SEARCH'),
  IMPRESSION: weight('IMPRESSION'),
  ADD_TO_CART: weight('ADD_TO_CART'),
  REMOVE_FROM_CART: weight('REMOVE_FROM_CART'),
  PURCHASE: weight('PURCHASE'),
  LIKE: weight('LIKE'),
  UNLIKE: weight('UNLIKE'),
  PAGE_VIEW: weight('PAGE_VIEW'),
} satisfies Record<ActionType, unknown>)

const batchRecords = () =>
  whole(1, 100_000).prefault(2000).meta({ description: 'Most records of one batch.' })

const behavior = z.strictObject({
  flushDocuments: whole(1, 100_000).prefault(1000).meta({ description: 'Documents that fill a bulk write.' }),
  flush: duration({ min: 1, max: 60_000 })
    .prefault('250ms')
    .meta({ description: 'A bulk write waits no longer than this to fill.' }),
  dedupeWindow: whole(0, 10_000_000)
    .prefault(20_000)
    .meta({ description: 'Trace ids of each partition that are remembered to drop duplicates.' }),
  batchRecords: batchRecords(),
})

const preference = z.strictObject({
  alpha: number(0.0001, 1)
    .prefault(DEFAULT_ALPHA)
    .meta({ description: 'Share of the new vector in the moving average, for weight 1.' }),
  weights: weights.prefault({}).meta({ description: 'Weight of each kind of action.' }),
  ttl: duration({ min: 1000, max: 365 * 24 * HOUR })
    .prefault('24h')
    .meta({ description: 'How long a preference lives after its last update.' }),
  backup: duration({ min: 10, max: 24 * HOUR })
    .prefault('2m')
    .meta({ description: 'Time between two backups of the changed preferences into the index.' }),
  batchRecords: batchRecords(),
})

const recommend = z.strictObject({
  candidates: whole(1, 10_000)
    .prefault(100)
    .meta({ description: 'Candidates that a walk of the graph keeps: more are more exact and slower.' }),
  indexKind: oneOf(['hnsw', 'flat'])
    .prefault('hnsw')
    .meta({ description: '`hnsw` walks a graph (approximate), `flat` compares with every product (exact).' }),
  diversity: share()
    .prefault(0)
    .meta({ description: 'Towards 1: more diverse (maximal marginal relevance); 0: by similarity alone.' }),
  popularRefresh: duration({ min: 10, max: HOUR })
    .prefault('1s')
    .meta({ description: 'Time between two reads of the popular products.' }),
})

const features = z.strictObject({
  enabled: z
    .boolean({ error: 'expected true or false' })
    .prefault(false)
    .meta({ description: 'Whether features are kept and reminders of abandoned carts sent.' }),
  file: z
    .string({ error: 'expected a path, or null' })
    .nullable()
    .prefault(null)
    .meta({ description: 'YAML file of feature definitions; null for those of docs/features.md.' }),
  ttl: duration({ min: 60_000, max: 365 * 24 * HOUR })
    .prefault('7d')
    .meta({ description: 'How long features live after a user’s last action.' }),
  batchRecords: batchRecords(),
})

const statistics = z.strictObject({
  enabled: z
    .boolean({ error: 'expected true or false' })
    .prefault(false)
    .meta({ description: 'Whether events are counted and stored in PostgreSQL.' }),
  flush: duration({ min: 10, max: HOUR })
    .prefault('5s')
    .meta({ description: 'Time between two flushes of the counts to PostgreSQL.' }),
  retentionDays: whole(1, 36_500)
    .prefault(30)
    .meta({ description: 'Days of event time for which events are kept; counts stay.', unit: 'days' }),
  batchRecords: batchRecords(),
})

const lake = z.strictObject({
  enabled: z
    .boolean({ error: 'expected true or false' })
    .prefault(false)
    .meta({ description: 'Whether user actions are written as Parquet.' }),
  where: z
    .string({ error: 'expected a directory, s3://bucket/prefix, or null' })
    .min(1, { error: 'expected a directory, s3://bucket/prefix, or null' })
    .nullable()
    .prefault(null)
    .meta({ description: 'Directory or `s3://bucket/prefix`; null for a directory below --data-dir.' }),
  rollRows: whole(1, 10_000_000)
    .prefault(100_000)
    .meta({ description: 'Rows of one partition that fill its files.' }),
  rollBytes: whole(1024, 1_073_741_824)
    .prefault(16_777_216)
    .meta({ description: 'Bytes of one partition, as they are in the log, that fill its files.' }),
  rollAge: duration({ min: 10, max: 24 * HOUR })
    .prefault('10s')
    .meta({ description: 'Rows wait no longer than this for more.' }),
  batchRecords: batchRecords(),
})

const inventory = z.strictObject({
  priceDropPercent: number(0, 100)
    .prefault(10)
    .meta({ description: 'A drop by at least this much is told.', unit: '%' }),
  lowStock: whole(0, 1_000_000)
    .prefault(5)
    .meta({ description: 'Stock at which “low stock” is told.', unit: 'items' }),
  recent: duration({ min: 1, max: 365 * 24 * HOUR })
    .prefault('24h')
    .meta({ description: 'Users who viewed, carted or liked within this time are told.' }),
  nearestUsers: whole(0, 10_000)
    .prefault(20)
    .meta({ description: 'Users told because their preference is nearest the product.' }),
  fanOut: whole(0, 1_000_000).prefault(200).meta({ description: 'Most notifications of one change.' }),
  perUserPerHour: whole(1, 100_000)
    .prefault(5)
    .meta({ description: 'Most notifications of one user in an hour.' }),
  dedupe: duration({ min: 1, max: 30 * 24 * HOUR })
    .prefault('1h')
    .meta({ description: 'One notification of a user, product and kind within this time.' }),
})

const notify = z
  .strictObject({
    channel: oneOf(['PUSH', 'SMS', 'WEBHOOK'])
      .prefault('PUSH')
      .meta({ description: 'PUSH and SMS are simulated; WEBHOOK posts to `webhookUrl`.' }),
    latency: duration({ max: 60_000 })
      .prefault('20ms')
      .meta({ description: 'Median latency of a simulated channel.' }),
    failureRate: share()
      .prefault(0.01)
      .meta({ description: 'Share of attempts that a simulated channel fails.' }),
    attempts: whole(1, 100)
      .prefault(5)
      .meta({ description: 'Attempts before a notification goes to the dead-letter topic.' }),
    backoff: duration({ max: HOUR })
      .prefault('50ms')
      .meta({ description: 'Wait before the second attempt; doubles from there, with jitter.' }),
    concurrency: whole(1, 10_000)
      .prefault(64)
      .meta({ description: 'Notifications on their way at the same time.' }),
    webhookUrl: z
      .url({ protocol: /^https?$/, error: 'expected an http or https address, or null' })
      .nullable()
      .prefault(null)
      .meta({ description: 'Address that WEBHOOK posts to; null where unused.' }),
  })
  .refine(({ channel, webhookUrl }) => channel !== 'WEBHOOK' || webhookUrl !== null, {
    error: 'expected an address here, because channel is WEBHOOK',
    path: ['webhookUrl'],
    when: () => true,
  })

/** Settings of the pipeline under test. */
export const pipelineSchema = z.strictObject({
  embedder: z
    .strictObject({ dims: whole(2, 4096).prefault(384).meta({ description: 'Dimensions of every vector.' }) })
    .prefault({})
    .meta({ description: 'Texts to vectors.' }),
  behavior: behavior.prefault({}).meta({ description: 'Indexing of the actions.' }),
  preference: preference.prefault({}).meta({ description: 'Preference vectors.' }),
  recommend: recommend.prefault({}).meta({ description: 'Recommendations.' }),
  features: features.prefault({}).meta({ description: 'Session and window features.' }),
  lake: lake.prefault({}).meta({ description: 'User actions as Parquet files (docs/lake.md).' }),
  statistics: statistics.prefault({}).meta({
    description: 'Counts by type, post, product and minute, and the events themselves, in PostgreSQL.',
  }),
  inventory: inventory.prefault({}).meta({ description: 'Who is told about a change.' }),
  notify: notify.prefault({}).meta({ description: 'Sending of notifications.' }),
})
