import { Flags } from '@oclif/core'
import { liveView } from '../reports/live-view.ts'
import { renderSummary } from '../reports/terminal.ts'
import { writeRunDirectory } from '../reports/write-run.ts'
import { withLabEmbedder } from '../src/app/embed/lab-embedder.ts'
import type { ModelWish } from '../src/app/embed/open-model.ts'
import { Home } from '../src/app/home.ts'
import { interruptible } from '../src/app/interruptible.ts'
import type { SourcePlan } from '../src/app/lab-plan.ts'
import { type KafkaClientName, withLabStack } from '../src/app/lab-stack.ts'
import { withLakePlace } from '../src/app/lake/lake-place.ts'
import { exitStatus } from '../src/app/run-exit.ts'
import { runSteps } from '../src/app/run-steps.ts'
import { newRunId } from '../src/app/run-store.ts'
import { shardFiles } from '../src/app/shards/shard-files.ts'
import type { ShardNumber } from '../src/config/parse-shard.ts'
import type { Scenario } from '../src/config/scenario.ts'
import { RepError } from '../src/errors/rep-error.ts'
import type { RunRecord } from '../src/measure/run-record.ts'
import { BaseCommand } from './base-command.ts'
import { embedderFlags, modelOf } from './embedder-flags.ts'
import { address, duration, stackFlags, stackOf } from './flags.ts'

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
  pipeline: Flags.option({
    options: ['threads', 'workers'] as const,
    default: 'threads',
    description:
      'Who runs the stages: threads of this process, with whom rep work processes share, or those processes alone.',
  })(),
  control: address({
    description:
      'Where rep work processes of other hosts reach this run; anybody who can read the stack’s keys may. A model is served at the same address. Default: 127.0.0.1, any port.',
  }),
  ...embedderFlags,
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
    readonly embedder: 'hashing' | 'transformers'
    readonly model: string
    readonly 'model-path'?: string | undefined
    readonly dtype?: ModelWish['dtype']
    readonly arithmetic?: ModelWish['arithmetic']
    readonly pipeline: 'threads' | 'workers'
    readonly control?: { readonly host: string; readonly port: number } | undefined
    readonly shard?: ShardNumber | undefined
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
    if (flags.pipeline === 'workers' && flags.stack === 'embedded') {
      throw new RepError(
        'REP_USAGE',
        'The embedded stack belongs to one process: --pipeline workers needs services that rep up starts, e.g. --stack native.',
      )
    }
    if (flags.shard !== undefined && flags['abort-on-breach'] !== undefined) {
      throw new RepError(
        'REP_USAGE',
        '--abort-on-breach does not go with --shard: the objectives are judged on the figures of all shards.',
      )
    }
    const home = new Home(flags['data-dir'])
    const id = newRunId(name, new Date())
    const directory = home.runDirectory(id)
    const view = liveView(process.stderr, { color: process.stderr.isTTY === true })
    const interrupt = interruptible((line) => view.log(line))
    const { signal } = interrupt
    let prepared: PreparedRun | null = null
    try {
      prepared = await prepare({ directory, signal, log: (line) => view.log(line) })
      const { source } = prepared
      const model = flags.embedder === 'hashing' ? null : modelOf(flags, (line) => view.log(line))
      const wanted = withLakePlace(prepared.scenario, home, flags.stack)
      const place = { scenario: wanted, home, host: flags.control?.host }
      const { record, measurements, shard } = await withLabEmbedder(model, place, ({ scenario, embedder }) =>
        withLabStack(stackOf(flags), { scenario, shard: flags.shard }, (stack) =>
          runSteps({
            id,
            scenario,
            source,
            stack: embedder === undefined ? stack : { ...stack, embedder },
            command: ['rep', ...process.argv.slice(2)].join(' '),
            signal,
            breachWindowMs: flags['abort-on-breach'] ?? null,
            pipeline: flags.pipeline,
            ...(flags.shard === undefined ? {} : { shard: flags.shard }),
            ...(flags.control === undefined ? {} : { control: flags.control }),
            onLive: (now) => view.update(now),
            onLog: (line) => view.log(line),
          }),
        ),
      )
      view.close()
      await writeRunDirectory(directory, record, measurements, await shardFiles(shard))
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
