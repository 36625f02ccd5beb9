import { AliasTable } from '../kernel/alias-table.ts'
import { hashNumber, hashWord } from '../kernel/random.ts'
import { type HttpLoadResult, runHttpLoad } from '../load/http-load.ts'
import { parseTarget } from '../load/http-target.ts'
import { phasesMs } from '../load/rate-curve.ts'
import { createSchedule } from '../load/schedule.ts'
import { userIdOf } from '../load/user-picker.ts'
import { hotZipfWeights } from '../load/zipf.ts'
import type { LatencyRecorder } from '../measure/latency-recorder.ts'
import type { LabPlan } from './lab-plan.ts'

export type ReadTally = Pick<HttpLoadResult, 'due' | 'statuses' | 'failures' | 'firstErrors' | 'unsent'>

export interface ReadOptions {
  readonly url: string
  readonly originUs: number
  readonly recorder: LatencyRecorder
  readonly signal: AbortSignal
}

const TIMEOUT_MS = 10_000
const NOTHING: ReadTally = {
  due: 0,
  statuses: {},
  failures: { timeout: 0, connection: 0, protocol: 0, cancelled: 0 },
  firstErrors: {},
  unsent: 0,
}

/** Recommendation reads on their own Poisson schedule, by users as popular as those who act. */
export async function driveReads(plan: LabPlan, options: ReadOptions): Promise<ReadTally> {
  const { scenario } = plan
  const { reads, actions } = scenario.load
  if (reads.tps === 0) return NOTHING
  const measure = options.recorder.measure('recommend')
  const phases = [{ shape: 'constant', durationMs: phasesMs(actions.phases), rate: 1 }] as const
  const steady = { tps: reads.tps, arrival: { process: 'poisson' }, phases } as const
  const target = parseTarget(`${options.url}/v1/users/{userId}/recommendations?limit=${reads.limit}`)
  const readerOf = readers(plan)
  return runHttpLoad({
    target,
    pathOf: (index) => target.pathFor(readerOf(index)),
    schedule: createSchedule(steady, { seed: scenario.seed, warmupMs: scenario.warmupMs, stream: 'reads' }),
    originUs: options.originUs,
    connections: reads.connections,
    timeoutMs: TIMEOUT_MS,
    drainMs: scenario.drainMs,
    signal: options.signal,
    observer: {
      due: () => undefined,
      responded: (status, { dueUs, sendUs, doneUs }) => {
        if (status >= 200 && status < 300) measure.done(dueUs, doneUs, sendUs)
        else measure.failed(dueUs)
      },
      failed: (_failure, { dueUs }) => measure.failed(dueUs),
    },
  })
}

/** The user of the i-th read. */
function readers({ scenario: { seed, users }, source }: LabPlan): (index: number) => string {
  const key = hashWord(seed, 'readers')
  if (source.kind === 'replay') {
    const { readers } = source
    return (index) => readers[hashNumber(key, index) % readers.length]!
  }
  const hot = { ranks: users.hotUsers, share: users.hotShare }
  const table = new AliasTable(hotZipfWeights(users.count, users.zipf, hot))
  return (index) => userIdOf(table.at(hashNumber(key, 2 * index), hashNumber(key, 2 * index + 1)))
}
