import { LatencyRecorder } from '../../measure/latency-recorder.ts'
import { startServer } from '../../serve/server.ts'
import type { LabPlan, LabProgress } from '../lab-plan.ts'
import { openStack } from '../open-stack.ts'
import { runThread } from '../thread.ts'
import { ThreadReport } from '../thread-report.ts'

/** The thread that serves recommendations. It measures nothing itself: that is done from outside. */
runThread<{ readonly plan: LabPlan }, LabProgress, LabProgress>(async ({ plan }, side) => {
  const stack = await openStack(plan.stack)
  const server = await startServer({
    stack,
    settings: plan.scenario.pipeline.recommend,
    host: '127.0.0.1',
    port: 0,
  })
  side.ready(server.url)
  const report = new ThreadReport({ recorder: new LatencyRecorder(0) }, side.progress)
  if (!side.stopped.aborted) await new Promise((resolve) => side.stopped.addEventListener('abort', resolve))
  await server.close()
  await stack.close()
  side.done(report.end())
})
