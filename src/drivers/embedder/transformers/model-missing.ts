import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { RepError } from '../../../errors/rep-error.ts'
import { DTYPES, type ModelChoice, REQUIRED, WEIGHTS } from './model-files.ts'

/** What is thrown where a model was not found: which files were expected, which are missing, and what is there. */
export function modelMissing({ model, dtype }: ModelChoice, root: string, why: readonly string[]): RepError {
  const directory = join(root, model)
  const mark = (file: string): string => `  ${file}${existsSync(join(directory, file)) ? '' : '  (missing)'}`
  const there = DTYPES.filter((other) => existsSync(join(directory, 'onnx', WEIGHTS[other])))
  const others = modelsIn(root).filter((other) => other !== model)
  const anyWeights = dtype === undefined && there.length === 0
  return new RepError('REP_ENVIRONMENT', `There is no complete model ${model} in ${root}.`, {
    details: [
      ...why,
      `Expected below ${directory}:`,
      ...[...REQUIRED, `onnx/${WEIGHTS[dtype ?? there[0] ?? 'q8']}`].map(mark),
      ...(anyWeights ? [`  or weights of another precision, e.g. onnx/${WEIGHTS.fp32}`] : []),
      ...(dtype !== undefined && there.length > 0
        ? [`Weights that are there: --dtype ${there.join(', ')}.`]
        : []),
      'These are the files of the model’s repository on huggingface.co; copy them, or name another directory with --model-path.',
      ...(others.length > 0 ? [`Models that are there: --model ${others.join(', ')}.`] : []),
    ],
  })
}

/** Names of the models in a directory, with or without their owner's. */
function modelsIn(root: string): string[] {
  const isModel = (name: string): boolean => existsSync(join(root, name, 'config.json'))
  const names = directoriesIn(root)
  const owned = names.flatMap((owner) => directoriesIn(join(root, owner)).map((name) => `${owner}/${name}`))
  return [...names, ...owned].filter(isModel).sort()
}

function directoriesIn(path: string): string[] {
  if (!existsSync(path)) return []
  // A link to a model's directory is as good as the directory.
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
}
