import { expect, test } from 'vitest'
import { runTag, sequenceOf } from '../../../../src/domain/trace-id.ts'
import { isUuid } from '../../../../src/domain/uuid.ts'
import { notificationId } from '../../../../src/stages/inventory/notification-id.ts'
import { traceId } from '../stage-lab.ts'

test('is a UUID of version 5 that depends on the cause, the kind and the user, and on nothing else', () => {
  const ids = [
    notificationId(traceId(1), 'PRICE_DROP', 'u1'),
    notificationId(traceId(2), 'PRICE_DROP', 'u1'),
    notificationId(traceId(1), 'LOW_STOCK', 'u1'),
    notificationId(traceId(1), 'PRICE_DROP', 'u2'),
  ]
  expect(new Set(ids).size).toBe(4)
  for (const id of ids) {
    expect(isUuid(id)).toBe(true)
    expect(id).toMatch(/^.{14}5.{4}[89ab]/)
  }
  expect(notificationId(traceId(1), 'PRICE_DROP', 'u1')).toBe(ids[0])
})

test('is never taken for the id of a driven event', () => {
  expect(sequenceOf(notificationId(traceId(1), 'PRICE_DROP', 'u1'), runTag(1, 'inventory'))).toBe(-1)
})
