import { USER_ACTION } from '../../domain/topics.ts'
import type { InjectedFaults } from '../../faults/fault-counts.ts'
import { withFaults } from '../../faults/with-faults.ts'
import type { Shard } from '../../load/event-source.ts'
import { PostClient } from '../../load/posts/post-client.ts'
import { PostFold } from '../../load/posts/post-fold.ts'
import { PostSource } from '../../load/posts/post-source.ts'
import { type LoadCounts, runLoad } from '../../load/run-load.ts'
import { LatencyRecorder } from '../../measure/latency-recorder.ts'
import { LedgerWriter } from '../../measure/ledger-writer.ts'
import { clientBatches, openClient } from '../collector-way.ts'
import type { LabPlan, LabProgress, PostsSoFar } from '../lab-plan.ts'
import { LabLoadObserver } from '../load-observer.ts'
import { openSources } from '../open-sources.ts'
import { openStack } from '../open-stack.ts'
import { ownPosts } from '../post-account.ts'
import { runThread } from '../thread.ts'
import { ThreadReport } from '../thread-report.ts'

export interface LoadThreadData {
  readonly plan: LabPlan
  readonly shard: Shard
  /** Where the collector answers; null where events go straight to the log. */
  readonly collector: string | null
}

export interface LoadThreadResult {
  readonly last: LabProgress
  readonly counts: Omit<LoadCounts, 'firstError'> & { readonly firstError: string | null }
  /** Time of the last acknowledgement, µs on the host's clock; 0 for none. */
  readonly lastDoneUs: number
  readonly injected: InjectedFaults
  /** What its users did about posts, and those before it; null where they do nothing of the kind. */
  readonly posts: PostsSoFar | null
}

/** A generator thread: drives its users' actions and, in the first shard, the inventory changes. */
runThread<LoadThreadData, LoadThreadResult, LabProgress>(async ({ plan, shard, collector }, side) => {
  const stack = await openStack(plan.stack)
  const log = withFaults(stack.log, plan.scenario.faults, plan.schemaIds)
  const ledger = new LedgerWriter(plan.ledger)
  const before = plan.posts === null ? null : ownPosts(plan.posts, shard)
  const sources = await openSources({ ...plan, posts: before }, { shard, ledger })
  const client = collector === null ? null : await openClient(plan, collector)
  const fold = new PostFold(before?.fold)
  const posts = client === null ? null : new PostClient(client, fold)
  side.ready()
  const originUs = await side.started
  const recorder = new LatencyRecorder(originUs + plan.scenario.warmupMs * 1e3)
  const observer = new LabLoadObserver(recorder, ledger)
  const report = new ThreadReport({ recorder }, side.progress)
  const counts = await runLoad({
    sources,
    append: (topic, records, { request }) => {
      if (client === null || topic !== USER_ACTION) return log.append(topic, records)
      return request === null ? client.append(records) : posts!.send(request, records[0]!)
    },
    ...(client === null ? {} : clientBatches(plan.scenario.load)),
    originUs,
    observer,
    signal: side.stopped,
  })
  client?.close()
  await log.release()
  const last = report.end()
  await stack.close()
  const { injected } = log
  const firstError = counts.firstError?.message ?? null
  const actions = sources[0]
  const soFar = actions instanceof PostSource ? { steps: actions.steps, fold: fold.toState() } : null
  side.done({
    last,
    counts: { ...counts, firstError },
    lastDoneUs: observer.lastDoneUs,
    injected,
    posts: soFar,
  })
})
