import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FRAME, FrameReader, frameOf } from '../../src/app/work/frames.ts'
import { type Observation, ObservationRows, readRows, readTold, toldBody } from '../../src/app/work/told.ts'
import { ClockOffsetEstimate } from '../../src/kernel/clock-offset.ts'

const observations = fc.array(
  fc.record<Observation>({
    measure: fc.constantFrom('index', 'preference', 'notify'),
    known: fc.boolean(),
    stream: fc.integer({ min: -1, max: 5 }),
    sequence: fc.nat(2 ** 28),
    dueUs: fc.double({ min: 0, max: 1e15, noNaN: true }),
    doneUs: fc.double({ min: 0, max: 1e15, noNaN: true }),
  }),
  { maxLength: 600 },
)

test('observations come out as they went in, in order, and once', () => {
  fc.assert(
    fc.property(observations, observations, (first, second) => {
      const rows = new ObservationRows()
      for (const batch of [first, second]) {
        for (const observation of batch) rows.add(observation)
        expect(rows.count).toBe(batch.length)
        const read: Observation[] = []
        readRows(rows.take(), (observation) => read.push({ ...observation }))
        expect(read).toEqual(batch)
      }
    }),
  )
})

test('a told frame keeps its number, head and rows, whatever text the head holds', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), fc.string(), fc.uint8Array(), (number, name, rows) => {
      const nothing = { assigned: {}, usage: null, fallbackTexts: 0, clock: null, last: false }
      const head = { stages: { [name]: counters }, ...nothing }
      const told = readTold(toldBody(number, head, Buffer.from(rows)))
      expect(told).toEqual({ number, head, rows: Buffer.from(rows) })
    }),
  )
})
const counters = { in: 1, out: 1, duplicates: 0, deadLettered: 0, rejected: 0, produced: 0 }

test('frames come out whole and in order, however the connection cuts them', () => {
  const frames = fc.array(
    fc.record({ kind: fc.constantFrom(...Object.values(FRAME)), body: fc.uint8Array() }),
  )
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, cuts) => {
      const received: { kind: number; body: Uint8Array }[] = []
      const reader = new FrameReader((kind, body) => received.push({ kind, body: new Uint8Array(body) }))
      const bytes = Buffer.concat(sent.map(({ kind, body }) => frameOf(kind, body)))
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = Math.min(bytes.length, at + cuts[i % cuts.length]!)
        reader.push(bytes.subarray(at, end))
        at = end
      }
      expect(received).toEqual(sent)
    }),
  )
})

test('what cannot be a frame is refused before anything is kept of it', () => {
  const reader = new FrameReader(() => undefined)
  expect(() => reader.push(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(/A frame of \d+ bytes was announced/)
})

test('the estimate of a clock is never further off than its bound, however uneven the ways', () => {
  const way = fc.double({ min: 0, max: 50_000, noNaN: true })
  const trips = fc.array(fc.record({ there: way, back: way }), { minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), trips, (offsetUs, ways) => {
      const estimate = new ClockOffsetEstimate()
      let nowUs = 1e9
      for (const { there, back } of ways) {
        const sentUs = nowUs
        nowUs += there + back
        estimate.add({ sentUs, otherUs: sentUs + there + offsetUs, receivedUs: nowUs })
      }
      const { offsetUs: estimated, boundUs } = estimate.value
      expect(Math.abs(estimated - offsetUs)).toBeLessThanOrEqual(boundUs + 1e-3)
      const shortest = Math.min(...ways.slice(-64).map(({ there, back }) => there + back))
      expect(boundUs).toBeLessThanOrEqual(shortest / 2 + 1e-3)
    }),
  )
})

test('a clock that drifts is followed: round trips of long ago go', () => {
  const estimate = new ClockOffsetEstimate()
  estimate.add({ sentUs: 0, otherUs: 5, receivedUs: 10 })
  for (let i = 1; i <= 64; i++)
    estimate.add({ sentUs: i * 1e6, otherUs: i * 1e6 + 1050, receivedUs: i * 1e6 + 100 })
  expect(estimate.value).toEqual({ offsetUs: 1000, boundUs: 50 })
})
