import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { RUN_SCHEMA, renderJson } from '../../../reports/json.ts'
import { KINDS, sampleRun } from '../../fixtures/run-records/build.ts'
import { emptyRecord, storedRecord } from './records.ts'

// `date-time` is checked by hand below: ajv leaves formats to another package.
const validate = new Ajv2020({
  strict: true,
  allErrors: true,
  allowUnionTypes: true,
  formats: { 'date-time': isDate },
}).compile(RUN_SCHEMA)

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text))
}

test.each(KINDS)('the stored record %s and a newly built one keep the schema', (kind) => {
  for (const record of [storedRecord(kind), sampleRun(kind).record]) {
    validate(JSON.parse(renderJson(record)))
    expect(validate.errors).toBeNull()
  }
})

test('a run in which nothing happened keeps the schema', () => {
  validate(emptyRecord())
  expect(validate.errors).toBeNull()
})

test('every key of a record is demanded, and no other is allowed, at every level', () => {
  const optional = new Set(['stages', 'measures', 'versions', 'backlog', 'scenario'])
  const places: { path: string; value: Record<string, unknown>; isFree: boolean }[] = []
  const root = JSON.parse(renderJson(storedRecord('loss'))) as Record<string, unknown>
  const walk = (path: string, value: unknown, name: string) => {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) return walk(`${path}[0]`, value[0], name)
    const isFree = optional.has(name) && path !== '/'
    places.push({ path, value: value as Record<string, unknown>, isFree })
    if (path !== '/manifest/scenario')
      for (const [key, child] of Object.entries(value)) walk(`${path === '/' ? '' : path}/${key}`, child, key)
  }
  walk('/', root, '')
  expect(places.length).toBeGreaterThan(20)
  for (const { path, value } of places.filter((place) => !place.isFree)) {
    value.notInTheSchema = 1
    expect([path, validate(root)]).toEqual([path, false])
    delete value.notInTheSchema
    for (const key of Object.keys(value).filter((name) => name !== 'resolutionMs' && name !== 'reason')) {
      const kept = value[key]
      delete value[key]
      expect([path, key, validate(root)]).toEqual([path, key, false])
      value[key] = kept
    }
  }
  expect(validate(root)).toBe(true)
})
