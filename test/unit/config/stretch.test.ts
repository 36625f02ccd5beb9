import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Phase } from '../../../src/config/scenario.ts'
import { stretchPhases } from '../../../src/config/stretch.ts'

const durationMs = fc.integer({ min: 1, max: 10 ** 7 })
const phase: fc.Arbitrary<Phase> = fc.oneof(
  fc.record({ shape: fc.constant('constant' as const), durationMs, rate: fc.double({ min: 0, max: 5 }) }),
  fc
    .tuple(durationMs, fc.double({ min: 0.01, max: 1, noNaN: true }))
    .map(([ms, share]): Phase => ({ shape: 'spike', durationMs: ms, base: 1, peak: 2, spikeMs: ms * share })),
)

test('stretched phases last exactly the total and keep their order and their spikes within', () =>
  fc.assert(
    fc.property(
      fc.array(phase, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 100, max: 10 ** 8 }),
      (phases, total) => {
        const stretched = stretchPhases(phases, total)
        expect(stretched.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(total)
        expect(stretched.map(({ shape }) => shape)).toEqual(phases.map(({ shape }) => shape))
        for (const one of stretched) {
          expect(one.durationMs).toBeGreaterThanOrEqual(0)
          if (one.shape === 'spike') expect(one.spikeMs).toBeLessThanOrEqual(one.durationMs)
        }
      },
    ),
  ))

test('a spike and a wave are stretched with their phase', () => {
  expect(
    stretchPhases(
      [
        { shape: 'spike', durationMs: 10_000, base: 1, peak: 2, spikeMs: 2000 },
        { shape: 'sine', durationMs: 30_000, min: 0, max: 1, periodMs: 5000 },
      ],
      20_000,
    ),
  ).toEqual([
    { shape: 'spike', durationMs: 5000, base: 1, peak: 2, spikeMs: 1000 },
    { shape: 'sine', durationMs: 15_000, min: 0, max: 1, periodMs: 2500 },
  ])
})
