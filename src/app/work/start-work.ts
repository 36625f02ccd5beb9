import type { KafkaClientName } from '../../drivers/event-log/kafka-options.ts'
import { RepError } from '../../errors/rep-error.ts'
import { findStackName } from '../../stacks/stack-name.ts'
import type { ExternalOptions } from '../describe-stack.ts'
import type { Home } from '../home.ts'
import { stackAddress } from '../lab-stack.ts'
import { STAGE_NAMES } from '../stage-table.ts'
import { parseStages, work } from './work.ts'

/** What the watch for runs opens the stack with; each run says what it needs itself. */
const DIMS = 384

export interface StartWorkOptions {
  readonly home: Home
  /** Name of the stack; undefined for the one that is up. */
  readonly stack: string | undefined
  /** With commas between them; undefined for all. */
  readonly stages: string | undefined
  readonly kafkaClient: KafkaClientName | null
  /** Where the services of `external` are. */
  readonly external: ExternalOptions
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** Runs a worker process. Rejects with REP_USAGE for what cannot be, with REP_ENVIRONMENT where the stack is not up. */
export async function startWork({
  home,
  stack,
  stages,
  kafkaClient,
  external,
  signal,
  log,
}: StartWorkOptions): Promise<void> {
  const names = stages === undefined ? STAGE_NAMES : parseStages(stages)
  if (stack === 'embedded') {
    throw new RepError(
      'REP_USAGE',
      'The embedded stack belongs to the process of its run: more workers need services that rep up starts, e.g. --stack native.',
    )
  }
  const name = findStackName(home, stack)
  const address = await stackAddress(
    { home, name, kafkaClient: kafkaClient ?? 'platformatic', external },
    DIMS,
  )
  if (address.kind === 'embedded') throw new RepError('REP_INTERNAL', `stack ${name} is no stack of services`)
  await work({ address, stages: names, kafkaClient, signal, log })
}
