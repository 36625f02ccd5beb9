import type { RequestListener } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CollectorClient } from '../../src/load/collector-client.ts'
import { parseTarget } from '../../src/load/http-target.ts'
import { startTestServer } from '../fixtures/http-server.ts'

const TIMEOUT_MS = 150
/** What the server does with each request, in turn. */
const ANSWERS = ['taken', 'partly', 'bad', 'busy', 'broken', 'cut', 'silent', 'nonsense'] as const
type Answer = (typeof ANSWERS)[number]

interface Outcome {
  readonly events: number
  readonly failed: readonly number[]
  readonly indeterminate: readonly number[]
}

/** As the collector answers; `cut` ends the connection after the request, `silent` never answers. */
function answering(plan: (id: number) => Answer, seen: Map<number, number>): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
      const events = (Array.isArray(body) ? body : [body]) as { id: number; events: number }[]
      const { id } = events[0]!
      seen.set(id, events.length)
      const answer = plan(id)
      const reply = (status: number, value: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      const accepted = events.map(() => ({ status: 'accepted' }))
      if (answer === 'taken')
        reply(202, { accepted: events.length, rejected: 0, failed: 0, results: accepted })
      else if (answer === 'partly') {
        const results = events.map((_, i) => ({ status: ['accepted', 'rejected', 'failed'][i % 3]! }))
        const count = (status: string) => results.filter((result) => result.status === status).length
        const counts = { accepted: count('accepted'), rejected: count('rejected'), failed: count('failed') }
        reply(202, { ...counts, results })
      } else if (answer === 'bad') reply(400, { code: 'REP_USAGE', message: 'no' })
      else if (answer === 'busy') reply(503, { code: 'REP_LOG_UNAVAILABLE', message: 'later' })
      else if (answer === 'broken') reply(500, { code: 'REP_INTERNAL' })
      else if (answer === 'nonsense') reply(202, { well: 'done' })
      else if (answer === 'cut') request.socket.destroy()
    })
  }
}

function expected(answer: Answer, events: number): Omit<Outcome, 'events'> {
  const all = Array.from({ length: events }, (_, i) => i)
  if (answer === 'taken') return { failed: [], indeterminate: [] }
  if (answer === 'partly') return { failed: all.filter((i) => i % 3 !== 0), indeterminate: [] }
  if (answer === 'bad' || answer === 'busy') return { failed: all, indeterminate: [] }
  return { failed: [], indeterminate: all }
}

test('every event has one outcome: taken, failed for certain, or nobody knows, whatever the collector does', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          answer: fc.constantFrom(...ANSWERS),
          events: fc.integer({ min: 1, max: 7 }),
          user: fc.integer({ min: 0, max: 5 }),
        }),
        { minLength: 1, maxLength: 14 },
      ),
      async (requests) => {
        const seen = new Map<number, number>()
        const server = await startTestServer(answering((id) => requests[id]!.answer, seen))
        const client = new CollectorClient({
          target: parseTarget(server.url),
          senders: 3,
          timeoutMs: TIMEOUT_MS,
        })
        try {
          await client.open()
          let ended = 0
          const outcomes = await Promise.all(
            requests.map(async ({ events, user }, id) => {
              const records = Array.from({ length: events }, () => ({
                key: Buffer.from(`user-${user}`),
                value: Buffer.from(JSON.stringify({ id, events })),
                dueUs: 0,
              }))
              const { failures = [] } = await client.append(records)
              ended++
              const positions = (indeterminate: boolean) =>
                failures.filter((f) => f.indeterminate === indeterminate).map(({ position }) => position)
              return { events, failed: positions(false), indeterminate: positions(true) }
            }),
          )
          expect(ended).toBe(requests.length)
          for (const [id, outcome] of outcomes.entries()) {
            const { answer, events } = requests[id]!
            const positions = [...outcome.failed, ...outcome.indeterminate]
            expect(new Set(positions).size).toBe(positions.length)
            // Behind a silent answer a request may run out of time before it is sent: then it failed for certain.
            if (seen.has(id)) expect(outcome).toEqual({ events, ...slow(outcome, expected(answer, events)) })
            else expect(outcome.failed.length).toBe(events)
          }
        } finally {
          client.close()
          await server.close()
        }
      },
    ),
    { numRuns: 25 },
  ))

/** On a busy machine an answer may come after the request's time: then nobody knows. */
function slow(outcome: Outcome, wanted: Omit<Outcome, 'events'>): Omit<Outcome, 'events'> {
  if (outcome.indeterminate.length < outcome.events) return wanted
  return { failed: [], indeterminate: Array.from({ length: outcome.events }, (_, i) => i) }
}

test('requests of one user arrive in the order in which they were handed over', async () => {
  const arrived: number[] = []
  const server = await startTestServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on('end', () => {
      arrived.push((JSON.parse(text) as { id: number }).id)
      // The first are answered last: a sender that did not wait would have overtaken itself.
      setTimeout(
        () => response.writeHead(202).end('{"accepted":1,"rejected":0,"failed":0}'),
        30 - arrived.length,
      )
    })
  })
  const client = new CollectorClient({ target: parseTarget(server.url), senders: 4, timeoutMs: 30_000 })
  try {
    await client.open()
    const send = (id: number) =>
      client.append([{ key: Buffer.from('user-1'), value: Buffer.from(JSON.stringify({ id })), dueUs: 0 }])
    const sent = await Promise.all(Array.from({ length: 25 }, (_, id) => send(id)))
    expect(arrived).toEqual(Array.from({ length: 25 }, (_, id) => id))
    expect(sent.flatMap(({ failures = [] }) => failures)).toEqual([])
  } finally {
    client.close()
    await server.close()
  }
})

test('a collector that is not there: nothing was sent, so everything failed for certain', async () => {
  const server = await startTestServer(() => undefined)
  const client = new CollectorClient({ target: parseTarget(server.url), senders: 1, timeoutMs: 5000 })
  await client.open()
  await server.close()
  const one = { key: Buffer.from('user-1'), value: Buffer.from('{}'), dueUs: 0 }
  // The first may still go into the connection that is being closed.
  await client.append([one])
  const { failures = [] } = await client.append([one])
  client.close()
  expect(failures).toMatchObject([{ position: 0, indeterminate: false }])
  await expect(
    new CollectorClient({ target: parseTarget(server.url), senders: 1, timeoutMs: 5000 }).open(),
  ).rejects.toMatchObject({ code: 'REP_ENVIRONMENT' })
})
