import { Flags } from '@oclif/core'
import { liveView } from '../reports/live-view.ts'
import { renderSummary } from '../reports/terminal.ts'
import { writeRunDirectory } from '../reports/write-run.ts'
import { withEmbeddedStack } from '../src/app/embedded-lab.ts'
import { Home } from '../src/app/home.ts'
import { interruptible } from '../src/app/interruptible.ts'
import type { SourcePlan } from '../src/app/lab-plan.ts'
import { exitStatus } from '../src/app/run-exit.ts'
import { runLab } from '../src/app/run-lab.ts'
import { newRunId } from '../src/app/run-store.ts'
import type { Scenario } from '../src/config/scenario.ts'
import type { RunRecord } from '../src/measure/run-record.ts'
import { BaseCommand } from './base-command.ts'
import { dataDir, duration } from './flags.ts'

/** Flags of every command that runs the whole pipeline under load. */
export const labFlags = {
  seed: Flags.integer({ description: 'Everything random follows from it.', min: 0 }),
  set: Flags.string({
    multiple: true,
    description: 'Overrides one key of the scenario, e.g. --set load.reads.tps=200. Repeatable.',
    helpValue: 'PATH=VALUE',
  }),
  'abort-on-breach': duration({
    description: 'End the load as soon as an objective is missed over a window of this length, e.g. 5s.',
  }),
  'data-dir': dataDir,
}

export interface LabCommandOptions {
  readonly scenario: Scenario
  readonly source: SourcePlan
  readonly flags: {
    readonly 'data-dir'?: string | undefined
    readonly 'abort-on-breach'?: number | undefined
  }
}

/** Runs the lab, shows it live, writes the run's directory, and sets the exit status from the verdict. */
export abstract class LabCommand extends BaseCommand {
  protected async runLabAndReport({ scenario, source, flags }: LabCommandOptions): Promise<RunRecord> {
    const home = new Home(flags['data-dir'])
    const id = newRunId(scenario.name, new Date())
    const view = liveView(process.stderr, { color: process.stderr.isTTY === true })
    const interrupt = interruptible((line) => view.log(line))
    try {
      const { record, measurements } = await withEmbeddedStack(home, scenario, (stack) =>
        runLab({
          id,
          scenario,
          source,
          stack,
          command: ['rep', ...process.argv.slice(2)].join(' '),
          signal: interrupt.signal,
          breachWindowMs: flags['abort-on-breach'] ?? null,
          onLive: (now) => view.update(now),
          onLog: (line) => view.log(line),
        }),
      )
      view.close()
      const directory = home.runDirectory(id)
      await writeRunDirectory(directory, record, measurements)
      process.exitCode = exitStatus(record, interrupt.signal.aborted)
      const size = { color: process.stdout.isTTY === true, width: process.stdout.columns ?? 100 }
      this.log(renderSummary(record, { ...size, directory }))
      return record
    } finally {
      view.close()
      interrupt.dispose()
    }
  }
}
