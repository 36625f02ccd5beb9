import { Flags } from '@oclif/core'
import { ARITHMETICS, DEFAULT_MODEL, DTYPES, type ModelWish } from '../src/app/embed/open-model.ts'
import { Home } from '../src/app/home.ts'
import { dataDir } from './flags.ts'

/** Which embedding model. */
export const modelFlags = {
  model: Flags.string({
    description:
      'Sentence model, as its repository is named; E5 models get their query: and passage: prefixes.',
    default: DEFAULT_MODEL,
    helpValue: 'NAME',
  }),
  'model-path': Flags.directory({
    description:
      'Directory that holds the model’s, for use without a network. Default: models/ of --data-dir, then the hub’s cache of this user, then the hub.',
    helpValue: 'DIR',
  }),
  dtype: Flags.option({
    options: DTYPES,
    description: 'Precision of the weights. Default: the first of these that is there.',
  })(),
  arithmetic: Flags.option({
    options: ARITHMETICS,
    description:
      'In what it multiplies: int8 by int8 weights, which is faster, or as the file says. Default: int8 where the file’s weights are. The vectors differ a little, and are known by another name.',
  })(),
  threads: Flags.integer({
    description: 'Threads, each with the model in memory. Default: one a core.',
    helpValue: 'N',
    min: 1,
    max: 64,
  }),
  'data-dir': dataDir,
}

/** Which embedder, for commands that also do without a model. */
export const embedderFlags = {
  embedder: Flags.option({
    options: ['hashing', 'transformers'] as const,
    default: 'hashing',
    description:
      'What makes vectors: hashing groups by words and needs nothing; transformers is a sentence model.',
  })(),
  model: modelFlags.model,
  'model-path': modelFlags['model-path'],
  dtype: modelFlags.dtype,
  arithmetic: modelFlags.arithmetic,
}

/** The model that these flags mean. */
export function modelOf(
  flags: {
    readonly model: string
    readonly 'model-path'?: string | undefined
    readonly dtype?: ModelWish['dtype']
    readonly arithmetic?: ModelWish['arithmetic']
    readonly threads?: number | undefined
    readonly 'data-dir'?: string | undefined
  },
  log: (line: string) => void,
): ModelWish {
  const { model, 'model-path': modelPath, dtype, arithmetic, threads, 'data-dir': data } = flags
  return { model, modelPath, dtype, arithmetic, threads, home: new Home(data), log }
}
