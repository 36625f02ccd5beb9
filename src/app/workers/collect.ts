import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InjectedFaults } from '../../faults/fault-counts.ts'
import { withFaults } from '../../faults/with-faults.ts'
import { nowUs } from '../../kernel/time.ts'
import { LatencyRecorder } from '../../measure/latency-recorder.ts'
import { startCollectServer } from '../../serve/collect-server.ts'
import { openCollect } from '../../stages/collect/open-collect.ts'
import type { Spool } from '../../stages/collect/spool.ts'
import type { LabPlan, LabProgress } from '../lab-plan.ts'
import { openStack } from '../open-stack.ts'
import { runThread } from '../thread.ts'
import { ThreadReport } from '../thread-report.ts'

export interface CollectThreadData {
  readonly plan: LabPlan
}

export interface CollectThreadResult {
  readonly last: LabProgress
  readonly injected: InjectedFaults
}

const SPOOL_BYTES = 1024 * 1024 * 1024
const BODY_BYTES = 4 * 1024 * 1024
const LOOK_MS = 20

/** The thread of a run's collector: it takes what the load sends over HTTP. It measures nothing itself. */
runThread<CollectThreadData, CollectThreadResult, LabProgress>(async ({ plan }, side) => {
  const { scenario, schemaIds } = plan
  const stack = await openStack(plan.stack)
  const log = withFaults(stack.log, scenario.faults, schemaIds)
  const spoolDirectory = await mkdtemp(join(tmpdir(), 'rep-spool-'))
  const say = (line: string): void => side.log(line)
  try {
    const collect = await openCollect({
      stack: { ...stack, log },
      ...(scenario.catalogue.posts > 0 ? { documents: stack.documents } : {}),
      spoolDirectory,
      spoolMaxBytes: SPOOL_BYTES,
      log: say,
    })
    const http = { collect, writeKeys: [], eventsPerSecond: null, bodyLimitBytes: BODY_BYTES, origins: [] }
    const server = await startCollectServer({ stack, collect: http, port: 0, log: say })
    side.ready(server.url)
    const report = new ThreadReport({ recorder: new LatencyRecorder(0) }, side.progress)
    if (!side.stopped.aborted) await new Promise((resolve) => side.stopped.addEventListener('abort', resolve))
    await log.release()
    await server.close()
    await emptied(collect.spool, scenario.drainMs)
    if (!collect.spool.empty)
      side.log(
        'accepted events were still in the collector’s spool when its time to drain was over: they are lost',
      )
    await collect.close()
    await stack.close()
    side.done({ last: report.end(), injected: log.injected })
  } finally {
    await rm(spoolDirectory, { recursive: true, force: true })
  }
})

/** What is in the spool was acknowledged: it has as long to get into the log as the pipeline has to drain. */
async function emptied(spool: Spool, withinMs: number): Promise<void> {
  const untilUs = nowUs() + withinMs * 1e3
  while (!spool.empty && nowUs() < untilUs) await sleep(LOOK_MS)
}
