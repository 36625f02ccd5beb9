import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunAnnouncement } from '../../domain/run-announcement.ts'
import type { KafkaClientName } from '../../drivers/event-log/kafka-options.ts'
import { RepError } from '../../errors/rep-error.ts'
import { processUsage } from '../../measure/process-usage.ts'
import type { Stack } from '../../ports/stack.ts'
import type { StageCounters } from '../../stages/stage.ts'
import { embedderAddress, fallbackTextsOf } from '../embed/embedder-address.ts'
import type { ServicesAddress } from '../lab-plan.ts'
import { openStack } from '../open-stack.ts'
import { runStages, settingsOfRun } from '../run-stages.ts'
import { STAGE_NAMES, type StageName, stagesOf } from '../stage-table.ts'
import { repVersion } from '../version.ts'
import { bootId } from './agreement.ts'
import { announcedRun } from './announcer.ts'
import { AssignmentWatch } from './assignment-watch.ts'
import { Teller } from './teller.ts'
import { tellingObserver } from './telling-observer.ts'
import { workerStack } from './worker-stack.ts'

const WATCH_MS = 250

export interface WorkOptions {
  readonly address: ServicesAddress
  readonly stages: readonly StageName[]
  /** Null: the one that the run uses. */
  readonly kafkaClient: KafkaClientName | null
  readonly signal: AbortSignal
  /** One line per change of state. */
  readonly log: (line: string) => void
}

/** The stages of a list such as `behavior,preference`. Throws REP_USAGE naming what there is. */
export function parseStages(text: string): readonly StageName[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !STAGE_NAMES.some((stage) => stage === name))
  if (unknown === undefined) return STAGE_NAMES.filter((stage) => names.includes(stage))
  throw new RepError('REP_USAGE', `There is no stage ${unknown}; the stages are ${STAGE_NAMES.join(', ')}.`)
}

/**
 * Takes part in one run after the other until the signal: as a member of the stages' groups, telling the run's lab
 * what it observes. Rejects with REP_ENVIRONMENT where the stack's services do not answer at the start.
 */
export async function work(options: WorkOptions): Promise<void> {
  const { address, stages, signal, log } = options
  const watch = await openStack(address)
  try {
    log(`Ready: ${stages.join(', ')} on stack ${address.description.name}, waiting for a run.`)
    const runs = new RunWatch(watch, log)
    for (;;) {
      const found = await runs.next(signal)
      if (found === null) break
      await takePart(found, options)
    }
    log('Stopped.')
  } finally {
    await watch.close()
  }
}

/** Looks for a run that is made known; trouble is logged when it begins and when it ends. */
class RunWatch {
  readonly #stack: Stack
  readonly #log: (line: string) => void
  #fails = false

  constructor(stack: Stack, log: (line: string) => void) {
    this.#stack = stack
    this.#log = log
  }

  /** Null at the signal. */
  async next(signal: AbortSignal): Promise<RunAnnouncement | null> {
    while (!signal.aborted) {
      const found = await this.#look()
      if (found !== null) return found
      await sleep(WATCH_MS)
    }
    return null
  }

  async #look(): Promise<RunAnnouncement | null> {
    try {
      const found = await announcedRun(this.#stack.keyValue)
      if (this.#fails) this.#log('Runs can be looked for again.')
      this.#fails = false
      return found
    } catch (error) {
      if (!(error instanceof RepError && error.retryable)) throw error
      if (!this.#fails) this.#log(`No run can be looked for: ${error.message}`)
      this.#fails = true
      return null
    }
  }
}

async function takePart({ run, control, token }: RunAnnouncement, options: WorkOptions): Promise<void> {
  const { stages, log } = options
  const me = { session: randomUUID(), host: hostname(), pid: process.pid, boot: bootId() }
  let teller: Teller
  try {
    teller = await Teller.open({ control, hello: { ...me, token, stages, rep: repVersion() }, log })
  } catch (error) {
    if (!(error instanceof RepError)) throw error
    if (error.code === 'REP_ENVIRONMENT') throw error
    // A lab that was killed is made known for some seconds more.
    await sleep(WATCH_MS)
    return
  }
  log(`Joined run ${run}.`)
  const counters: Record<string, StageCounters> = {}
  try {
    await runWith(teller, counters, options)
    await teller.end()
    log(`Left run ${run}: ${summary(counters)}.`)
  } catch (error) {
    teller.abandon()
    if (!(error instanceof RepError && (error.retryable || error.code === 'REP_LOG_FENCED'))) throw error
    log(`Left run ${run}, ${error.message} ${summary(counters)}.`)
  }
}

async function runWith(
  teller: Teller,
  counters: Record<string, StageCounters>,
  { address, stages, kafkaClient, signal, log }: WorkOptions,
): Promise<void> {
  const { dims, schemaIds, settings, embedder: place, kafkaClient: client } = teller.welcome
  const embedder = place === null ? undefined : embedderAddress(place)
  const assignments = new AssignmentWatch(log)
  const own = { ...address, dims, schemaIds, kafkaClient: kafkaClient ?? client }
  const stack = await openStack(embedder === undefined ? own : { ...own, embedder }, log)
  try {
    teller.describe(() => ({
      stages: counters,
      assigned: assignments.counts(),
      usage: processUsage(),
      fallbackTexts: embedder === undefined ? 0 : fallbackTextsOf(embedder),
    }))
    const context = { stack: workerStack(stack, teller), observer: tellingObserver(teller), log }
    const wanted = stagesOf(settings)
    await runStages(context, {
      stages: stages.filter((stage) => wanted.includes(stage)),
      settings: settingsOfRun(settings),
      counters,
      signal: AbortSignal.any([signal, teller.stopping, teller.over]),
      onOpen: (name, consumer) => assignments.add(name, consumer),
    })
  } finally {
    assignments.clear()
    await stack.close()
  }
}

function summary(counters: Readonly<Record<string, StageCounters>>): string {
  const parts = Object.entries(counters).map(([stage, { out }]) => `${stage} ${out}`)
  return parts.length === 0 ? 'nothing handled' : `handled ${parts.join(', ')}`
}
