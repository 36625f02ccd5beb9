import { Flags } from '@oclif/core'
import { liveView } from '../reports/live-view.ts'
import { renderSummary } from '../reports/terminal.ts'
import { writeRunDirectory } from '../reports/write-run.ts'
import { Home } from '../src/app/home.ts'
import { interruptible } from '../src/app/interruptible.ts'
import type { SourcePlan } from '../src/app/lab-plan.ts'
import { type KafkaClientName, withLabStack } from '../src/app/lab-stack.ts'
import { exitStatus } from '../src/app/run-exit.ts'
import { runLab } from '../src/app/run-lab.ts'
import { newRunId } from '../src/app/run-store.ts'
import type { Scenario } from '../src/config/scenario.ts'
import type { RunRecord } from '../src/measure/run-record.ts'
import { BaseCommand } from './base-command.ts'
import { duration, stackFlags, stackOf } from './flags.ts'

/** Flags of every command that runs the whole pipeline under load. */
export const labFlags = {
  seed: Flags.integer({
    description: 'Seed of everything random: the same seed sends the same events.',
    helpValue: 'N',
    min: 0,
  }),
  set: Flags.string({
    multiple: true,
    description: 'Overrides one key of the scenario, e.g. --set load.reads.tps=200. Repeatable.',
    helpValue: 'PATH=VALUE',
  }),
  'abort-on-breach': duration({
    description:
      'End the load as soon as an objective is missed over a window of this length, e.g. 5s; the report is partial.',
  }),
  ...stackFlags,
}

export interface LabCommandOptions {
  /** The scenario's name, for the run's id. */
  readonly name: string
  /** Finds what to run, now that the run's directory is known. */
  prepare(place: RunPlace): Promise<PreparedRun>
  readonly flags: {
    readonly stack: string
    readonly 'kafka-client': KafkaClientName
    readonly 'data-dir'?: string | undefined
    readonly 'abort-on-breach'?: number | undefined
  }
}

export interface RunPlace {
  /** Of the run; not made yet. */
  readonly directory: string
  readonly signal: AbortSignal
  log(line: string): void
}

export interface PreparedRun {
  readonly scenario: Scenario
  readonly source: SourcePlan
  /** Removes what only the run needed. */
  dispose?(): Promise<void>
}

/** Runs the lab, shows it live, writes the run's directory, and sets the exit status from the verdict. */
export abstract class LabCommand extends BaseCommand {
  protected async runLabAndReport({ name, prepare, flags }: LabCommandOptions): Promise<RunRecord> {
    const home = new Home(flags['data-dir'])
    const id = newRunId(name, new Date())
    const directory = home.runDirectory(id)
    const view = liveView(process.stderr, { color: process.stderr.isTTY === true })
    const interrupt = interruptible((line) => view.log(line))
    const { signal } = interrupt
    let prepared: PreparedRun | null = null
    try {
      prepared = await prepare({ directory, signal, log: (line) => view.log(line) })
      const { scenario, source } = prepared
      const { record, measurements } = await withLabStack(stackOf(flags), scenario, (stack) =>
        runLab({
          id,
          scenario,
          source,
          stack,
          command: ['rep', ...process.argv.slice(2)].join(' '),
          signal,
          breachWindowMs: flags['abort-on-breach'] ?? null,
          onLive: (now) => view.update(now),
          onLog: (line) => view.log(line),
        }),
      )
      view.close()
      await writeRunDirectory(directory, record, measurements)
      process.exitCode = exitStatus(record, signal.aborted)
      const size = { color: process.stdout.isTTY === true, width: process.stdout.columns ?? 100 }
      this.log(renderSummary(record, { ...size, directory }))
      return record
    } finally {
      view.close()
      interrupt.dispose()
      await prepared?.dispose?.()
    }
  }
}
