import { z } from 'zod'
import { ACTION_TYPES } from '../../domain/events.ts'
import { DEFAULT_FEATURES } from '../../domain/features/default-definitions.ts'
import { duration, oneOf, whole } from '../schema/fields.ts'
import { formatDuration } from '../units.ts'

const HOUR = 3_600_000
const NAME = 'expected lower case letters, digits and underscores, beginning with a letter, at most 60'

const name = () =>
  z
    .string({ error: NAME })
    .regex(/^[a-z][a-z0-9_]{0,59}$/, { error: NAME })
    .meta({ description: 'Name, e.g. of the field that holds it.' })

const actions = (description: string) =>
  z
    .array(oneOf(ACTION_TYPES), { error: 'expected a list of actions, e.g. [VIEW, CLICK]' })
    .min(1, { error: 'expected one action at least' })
    .meta({ description })

const window = z.strictObject({
  name: name(),
  aggregate: oneOf(['count', 'sum', 'mean', 'min', 'max', 'distinct', 'top']).meta({
    description: 'What is made of the actions; `top` is the most frequent.',
  }),
  of: oneOf(['price', 'category', 'product'])
    .optional()
    .meta({ description: 'What of the actions; only `count` can do without.' }),
  actions: actions('Actions that it looks at.').prefault([...ACTION_TYPES]),
  over: duration({ min: 1000, max: 24 * HOUR }).meta({ description: 'How far back it looks.' }),
})

const pattern = {
  name: name(),
  hold: duration({ min: 1000, max: 7 * 24 * HOUR })
    .prefault('30m')
    .meta({ description: 'How long it counts as detected.' }),
  remind: z
    .boolean({ error: 'expected true or false' })
    .prefault(false)
    .meta({ description: 'Whether the user gets a reminder.' }),
}

const absence = z.strictObject({
  kind: z.literal('absence').meta({ description: 'Something began and did not end in time.' }),
  ...pattern,
  first: actions('Actions that begin it.'),
  unless: actions('Actions that end it.'),
  within: duration({ min: 1000, max: 24 * HOUR }).meta({ description: 'Time to its end.' }),
  same: oneOf(['user', 'product'])
    .prefault('user')
    .meta({ description: 'Whether any such action of the user ends it, or one on the same product.' }),
})

const run = z.strictObject({
  kind: z.literal('run').meta({ description: 'Consecutive actions in one category.' }),
  ...pattern,
  actions: actions('Actions that make the run.'),
  atLeast: whole(1, 1000).meta({ description: 'How many of them.' }),
  also: actions('What is also done to their products.'),
  alsoAtLeast: whole(0, 100).meta({ description: 'To how many products.' }),
})

/** A file of feature definitions as its author writes it. */
export const featuresSchema = z.strictObject({
  lateness: duration({ max: HOUR })
    .prefault(formatDuration(DEFAULT_FEATURES.latenessMs))
    .meta({ description: 'How much older than the newest an action may be and still count.' }),
  sessionGap: duration({ min: 1000, max: 24 * HOUR })
    .prefault(formatDuration(DEFAULT_FEATURES.sessionGapMs))
    .meta({ description: 'A session ends after this time without an action.' }),
  recent: z
    .strictObject({
      products: whole(1, 1000).prefault(DEFAULT_FEATURES.recent.products),
      actions: actions('Actions that make a product recent.').prefault([...DEFAULT_FEATURES.recent.actions]),
    })
    .prefault({})
    .meta({ description: 'Products acted on last.' }),
  windows: z.array(window, { error: 'expected a list of windows' }).max(50).prefault([]),
  patterns: z
    .array(z.discriminatedUnion('kind', [absence, run]), { error: 'expected a list of patterns' })
    .max(50)
    .prefault([]),
})

export type FeaturesInput = z.output<typeof featuresSchema>
