import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommitFrontier, type Ticket } from '../../src/stages/notify/commit-frontier.ts'

const TOPIC = 't'

/** Starts and finishes of a few partitions in any order; offsets may have gaps. */
const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('start' as const), partition: fc.nat(2), gap: fc.nat(2) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), pick: fc.nat(1000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin' as const), partition: fc.nat(2) }) },
  ),
  { maxLength: 200 },
)

interface Started {
  readonly partition: number
  readonly offset: number
  readonly ticket: Ticket
}

test('the frontier never passes an unfinished offset, never goes back, and reaches the end when all are finished', () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const frontier = new CommitFrontier(TOPIC)
      const next = [0, 0, 0]
      const committed = [0, 0, 0]
      let open: Started[] = []
      const stale: Ticket[] = []
      const commit = () => {
        const due = frontier.due()
        for (const { partition, offset } of due) {
          expect(offset).toBeGreaterThan(committed[partition]!)
          const unfinished = open.filter((at) => at.partition === partition).map((at) => at.offset)
          for (const at of unfinished) expect(offset).toBeLessThanOrEqual(at)
          committed[partition] = offset
        }
        frontier.committed(due)
      }
      for (const partition of next.keys()) frontier.begin(partition, 0)
      for (const step of plan) {
        if (step.kind === 'start') {
          const offset = next[step.partition]! + step.gap
          next[step.partition] = offset + 1
          open.push({ partition: step.partition, offset, ticket: frontier.start(step.partition, offset) })
        } else if (step.kind === 'finish' && open.length > 0) {
          const [{ ticket }] = open.splice(step.pick % open.length, 1) as [Started]
          ticket.finish()
        } else if (step.kind === 'begin') {
          // Reassigned: read again from what was committed; tickets from before must not count any more.
          stale.push(...open.filter((at) => at.partition === step.partition).map((at) => at.ticket))
          open = open.filter((at) => at.partition !== step.partition)
          next[step.partition] = committed[step.partition]!
          frontier.begin(step.partition, committed[step.partition]!)
        } else if (step.kind === 'commit') commit()
        stale.pop()?.finish()
        commit()
      }
      for (const { ticket } of open) ticket.finish()
      open = []
      commit()
      expect(committed).toEqual(next)
    }),
    { numRuns: 500 },
  )
})
