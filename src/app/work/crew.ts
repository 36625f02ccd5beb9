import { setTimeout as sleep } from 'node:timers/promises'
import { TOPICS } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import { nowUs } from '../../kernel/time.ts'
import type { ResourceFigures } from '../../measure/run-record.ts'
import type { Stack } from '../../ports/stack.ts'
import type { LabCollector } from '../lab-collector.ts'
import type { LabPlan } from '../lab-plan.ts'
import { STAGES, type StageName, stagesOf } from '../stage-table.ts'
import { Announcer } from './announcer.ts'
import { ControlServer } from './control-server.ts'

/** How long a lab without consumers of its own waits for workers. */
const JOIN_MS = 30_000
const COLLECT_MS = 1000

export interface CrewOptions {
  readonly run: string
  readonly plan: LabPlan
  readonly stack: Stack
  readonly collector: LabCollector
  /** Where to listen; port 0 for any. */
  readonly control: { readonly host: string; readonly port: number }
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** The worker processes of a run: `rep work` on this host or others. */
export class Crew {
  readonly #options: CrewOptions
  readonly #server: ControlServer
  readonly #announcer: Announcer
  readonly #timer: NodeJS.Timeout
  #beganUs = nowUs()

  private constructor(options: CrewOptions, server: ControlServer) {
    const { run, stack, log } = options
    this.#options = options
    this.#server = server
    this.#announcer = new Announcer(
      stack.keyValue,
      { run, control: server.address, token: server.token },
      log,
    )
    this.#timer = setInterval(() => this.#collect(false), COLLECT_MS)
  }

  /** Makes the run known to workers and takes who comes. */
  static async open(options: CrewOptions): Promise<Crew> {
    const { run, plan, control, log } = options
    return new Crew(options, await ControlServer.listen({ run, plan, ...control, log }))
  }

  /** Resolves when workers own every partition of every stage; rejects with REP_ENVIRONMENT naming what is missing. */
  async complete(): Promise<void> {
    const { plan, stack, signal } = this.#options
    const untilUs = nowUs() + JOIN_MS * 1e3
    for (;;) {
      const wanted = stagesOf(plan.scenario.pipeline)
      const missing = wanted.filter((stage) => this.#server.assigned(stage) < partitionsOf(stage))
      if (missing.length === 0 || signal.aborted) return
      if (nowUs() > untilUs) {
        throw new RepError(
          'REP_ENVIRONMENT',
          `No worker took ${missing.join(', ')} within ${JOIN_MS / 1e3} s: start rep work --stages ${missing.join(',')} --stack ${stack.name}, then this again.`,
        )
      }
      await sleep(50)
    }
  }

  /** Due time 0 is known. */
  begin(originUs: number): void {
    this.#beganUs = originUs
    this.#server.begin(originUs)
  }

  /** Lets nobody else join, has all workers settle and go, and takes their last reports. */
  async stop(): Promise<void> {
    await this.#announcer.stop()
    await this.#server.stop()
    clearInterval(this.#timer)
    this.#collect(true)
  }

  /** CPU time and memory of each worker; by then it has stopped. */
  get figures(): readonly ResourceFigures[] {
    const seconds = (nowUs() - this.#beganUs) / 1e6
    return this.#server.workers.flatMap((worker) => worker.figures(seconds))
  }

  get notes(): readonly string[] {
    return this.#server.workers.map(({ note }) => note)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#announcer.stop()
    await this.#server.close()
  }

  #collect(final: boolean): void {
    for (const [i, worker] of this.#server.workers.entries())
      this.#options.collector.take(`worker-${i}`, worker.progress(final))
  }
}

function partitionsOf(stage: StageName): number {
  const { topics } = STAGES[stage]
  return TOPICS.reduce((sum, { name, partitions }) => sum + (topics.includes(name) ? partitions : 0), 0)
}
