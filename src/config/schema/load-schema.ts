import { z } from 'zod'
import { duration, number, oneOf, rate, share, whole } from './fields.ts'

const HOUR = 3_600_000
const phaseDuration = () =>
  duration({ min: 1, max: 48 * HOUR }).meta({ description: 'How long the phase lasts.' })
const times = (description: string) => number(0, 1000).meta({ description, unit: '× tps' })

const phase = z.discriminatedUnion('shape', [
  z.strictObject({
    shape: z.literal('constant').meta({ description: 'One rate throughout.' }),
    duration: phaseDuration(),
    rate: times('The rate, as a multiple of `tps`.').prefault(1),
  }),
  z.strictObject({
    shape: z.literal('ramp').meta({ description: 'A straight line from one rate to another.' }),
    duration: phaseDuration(),
    from: times('Rate at the beginning.'),
    to: times('Rate at the end.'),
  }),
  z.strictObject({
    shape: z.literal('step').meta({ description: 'Equal stairs from one rate to another.' }),
    duration: phaseDuration(),
    from: times('Rate of the first stair.'),
    to: times('Rate of the last stair.'),
    steps: whole(2, 1000).meta({ description: 'Number of stairs.' }),
  }),
  z
    .strictObject({
      shape: z.literal('spike').meta({ description: 'A base rate with a peak in the middle.' }),
      duration: phaseDuration(),
      base: times('Rate around the peak.'),
      peak: times('Rate of the peak.'),
      spike: duration({ min: 1, max: 48 * HOUR }).meta({ description: 'How long the peak lasts.' }),
    })
    .refine(
      ({ spike, duration }) => typeof spike !== 'number' || typeof duration !== 'number' || spike <= duration,
      {
        error: 'expected a spike that is not longer than its phase',
        path: ['spike'],
        when: () => true,
      },
    ),
  z
    .strictObject({
      shape: z.literal('sine').meta({ description: 'A wave that begins at its mean and rises first.' }),
      duration: phaseDuration(),
      min: times('Lowest rate.'),
      max: times('Highest rate.'),
      period: duration({ min: 1, max: 48 * HOUR }).meta({ description: 'Length of one wave.' }),
    })
    .refine(({ min, max }) => typeof min !== 'number' || typeof max !== 'number' || min <= max, {
      error: 'expected min to be at most max',
      path: ['min'],
      when: () => true,
    }),
])

const arrival = z.discriminatedUnion('process', [
  z.strictObject({ process: z.literal('uniform').meta({ description: 'Evenly spaced events.' }) }),
  z.strictObject({
    process: z
      .literal('poisson')
      .meta({ description: 'Independent events, as of many users who do not know of each other.' }),
  }),
  z.strictObject({
    process: z.literal('bursty').meta({ description: 'All events in the on times; the mean rate is kept.' }),
    on: duration({ min: 1, max: HOUR }).meta({ description: 'Length of a burst.' }),
    off: duration({ min: 1, max: HOUR }).meta({ description: 'Silence between bursts.' }),
  }),
])

/** True when the phases send nothing at all. */
function silent(phases: readonly unknown[]): boolean {
  const rates = ['rate', 'from', 'to', 'base', 'peak', 'max']
  return phases.every((value) => {
    if (typeof value !== 'object' || value === null) return false
    const given = Object.entries(value).filter(([key]) => rates.includes(key))
    return given.length > 0 && given.every(([, times]) => times === 0)
  })
}

const actions = z.strictObject({
  tps: rate(0.001)
    .prefault(10_000)
    .meta({ description: 'User actions that a phase’s rate of 1 stands for.', unit: '/s' }),
  arrival: arrival
    .prefault({ process: 'poisson' })
    .meta({ description: 'How events are spread in time around the rate.' }),
  phases: z
    .array(phase, { error: 'expected a list of phases, e.g. [{shape: constant, duration: 20s}]' })
    .min(1, { error: 'expected at least one phase' })
    .refine((phases) => phases.length === 0 || !silent(phases), {
      error: 'expected at least one phase with a rate above 0: these send nothing',
    })
    .prefault([{ shape: 'constant', duration: '20s' }])
    .meta({ description: 'Shape of the rate over the measured part, one phase after the other.' }),
})

const inventory = z.strictObject({
  tps: rate(0, 100_000)
    .prefault(5)
    .meta({ description: 'Inventory changes beside the actions.', unit: '/s' }),
  priceShare: share()
    .prefault(0.5)
    .meta({ description: 'Share that are price changes; the rest are stock changes.' }),
  dropShare: share()
    .prefault(0.3)
    .meta({ description: 'Share of the price changes that drop far enough to notify about.' }),
  stockOut: z
    .strictObject({
      productRank: whole(0, 10_000_000)
        .prefault(0)
        .meta({ description: 'Which product, by popularity; 0 is the most popular.' }),
      every: duration({ min: 10, max: 24 * HOUR }).meta({
        description: 'Time from one selling-out to the next; it is back halfway.',
      }),
    })
    .nullable()
    .prefault(null)
    .meta({
      description:
        'One product that sells out and comes back, again and again, beside the other changes; null for none.',
    }),
})

const reads = z.strictObject({
  tps: rate(0, 1_000_000)
    .prefault(50)
    .meta({ description: 'Recommendation reads over HTTP; 0 for none.', unit: '/s' }),
  limit: whole(1, 1000).prefault(10).meta({ description: 'Products asked for in each read.' }),
  connections: whole(1, 4096).prefault(16).meta({ description: 'Open HTTP connections.' }),
})

const canaries = z
  .strictObject({
    tps: rate(0, 10_000)
      .prefault(20)
      .meta({ description: 'Actions whose way into a recommendation is followed.', unit: '/s' }),
    users: whole(1, 100_000).prefault(40).meta({ description: 'Users that only send canary actions.' }),
    poll: duration({ min: 0.1, max: 60_000 })
      .prefault('2ms')
      .meta({ description: 'Time between two looks: the resolution of freshness.' }),
    timeout: duration({ min: 1, max: HOUR })
      .prefault('5s')
      .meta({ description: 'A canary that is not seen by then is lost.' }),
  })
  .refine(({ poll, timeout }) => typeof poll !== 'number' || typeof timeout !== 'number' || poll < timeout, {
    error: 'expected poll to be shorter than timeout',
    path: ['poll'],
    when: () => true,
  })

const collector = z.strictObject({
  senders: whole(1, 4096).prefault(32).meta({
    description:
      'Connections of each generator thread; a user’s events all go over one, one request at a time, so that they keep their order.',
  }),
  batch: whole(1, 1000).prefault(1).meta({ description: 'Most events of one request.' }),
  wait: duration({ max: 60_000 })
    .prefault('100ms')
    .meta({ description: 'Longest that an event waits for its batch to fill.' }),
  timeout: duration({ min: 10, max: HOUR })
    .prefault('5s')
    .meta({ description: 'A request without a whole answer by then may or may not have been taken.' }),
})

const weight = (value: number, what: string) =>
  number(0, 1_000_000).prefault(value).meta({ description: what })

const posts = z
  .strictObject({
    view: weight(40, 'Views a post.'),
    click: weight(20, 'Clicks on a post.'),
    like: weight(15, 'Likes a post; now and then one that the user likes already.'),
    unlike: weight(5, 'Takes a like back.'),
    search: weight(12, 'Searches.'),
    recent: weight(8, 'Reads the user’s recent searches.'),
    read: weight(0, 'Reads a post; needs catalogue.posts.'),
    list: weight(0, 'Lists the newest posts of a category; needs catalogue.posts.'),
  })
  .refine((weights) => Object.values(weights).some((value) => value !== 0), {
    error: 'expected at least one weight above 0',
  })

/** Everything that is driven. */
const loadKeys = z.strictObject({
  threads: whole(1, 64)
    .prefault(1)
    .meta({ description: 'Generator threads; one sends some hundred thousand events/s.' }),
  through: oneOf(['log', 'collector']).prefault('log').meta({
    description:
      'Which way user actions and canaries take: straight to the event log, or over HTTP through a collector of the run.',
  }),
  collector: collector.prefault({}).meta({ description: 'How events are sent with `through: collector`.' }),
  model: oneOf(['sessions', 'posts']).prefault('sessions').meta({
    description: '`sessions`: users walk through a shop. `posts`: they make requests about posts, by weight.',
  }),
  posts: posts.prefault({}).meta({ description: 'Weights of the requests with `model: posts`.' }),
  actions: actions.prefault({}).meta({ description: 'User actions.' }),
  inventory: inventory.prefault({}).meta({ description: 'Price and stock changes.' }),
  reads: reads.prefault({}).meta({ description: 'Recommendation reads.' }),
  canaries: canaries.prefault({}).meta({ description: 'Followed actions, which measure freshness.' }),
})

export const loadSchema = loadKeys.refine(
  ({ model, through }) => model !== 'posts' || through === 'collector',
  {
    error: 'expected through: collector, because users make requests about posts (model: posts)',
    path: ['through'],
    when: () => true,
  },
)
