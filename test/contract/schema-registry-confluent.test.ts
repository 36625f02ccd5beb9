import avro, { type Schema } from 'avsc'
import { afterAll, describe, expect, test } from 'vitest'
import { createCodec, SCHEMAS } from '../../src/domain/codec.ts'
import { ConfluentSchemaRegistry } from '../../src/drivers/schema-registry/confluent.ts'
import { registerSchemas } from '../../src/drivers/schema-registry/register-schemas.ts'
import { describeService, uniquePrefix } from '../fixtures/native-service.ts'
import { removeSubjects } from '../fixtures/schema-registry.ts'

describeService('REP_TEST_REGISTRY', (url) => {
  describe('schema-registry: confluent API', () => {
    const prefixes: string[] = []
    const open = () => {
      const prefix = uniquePrefix()
      prefixes.push(prefix)
      return { prefix, registry: new ConfluentSchemaRegistry({ url, prefix }) }
    }
    afterAll(() => removeSubjects(url, prefixes))

    test('every version of every subject is registered under ids that give the same schema back', async () => {
      const { prefix, registry } = open()
      const ids = await registerSchemas(registry)
      for (const [subject, versions] of Object.entries(SCHEMAS)) {
        const its = ids[subject as keyof typeof SCHEMAS]
        expect(new Set(its).size).toBe(versions.length)
        for (const [i, id] of its.entries()) {
          const { schema } = await get<{ schema: string }>(`${url}/schemas/ids/${id}`)
          expect(canonical(JSON.parse(schema) as Schema)).toBe(canonical(versions[i]!))
        }
        const config = await get<{ compatibilityLevel: string }>(`${url}/config/${prefix}${subject}`)
        expect(config.compatibilityLevel).toBe('BACKWARD_TRANSITIVE')
      }
    })

    test('registering again gives the same ids and adds no version', async () => {
      const { prefix, registry } = open()
      const first = await registerSchemas(registry)
      expect(await registerSchemas(registry)).toEqual(first)
      const versions = await get<number[]>(`${url}/subjects/${prefix}user.action.v1-value/versions`)
      expect(versions).toHaveLength(SCHEMAS['user.action.v1-value'].length)
    })

    test('a codec with the registered ids reads what it wrote', async () => {
      const codec = createCodec(await registerSchemas(open().registry))
      const change = {
        traceId: '018bcfe5-6800-7000-8000-000000000001',
        productId: 'p',
        kind: 'PRICE' as const,
        price: 3.5,
        timestamp: 5,
      }
      expect(codec.decodeInventoryChange(codec.encodeInventoryChange(change))).toMatchObject(change)
    })

    test('an incompatible schema is refused with the reason', async () => {
      const { registry } = open()
      const record = (fields: object[]) => ({ type: 'record', name: 'Thing', fields })
      await registry.register('thing', [record([{ name: 'a', type: 'string' }])])
      const grown = record([
        { name: 'a', type: 'string' },
        { name: 'mandatory', type: 'int' },
      ])
      await expect(registry.register('thing', [grown])).rejects.toMatchObject({
        code: 'REP_SCHEMA',
        exit: 3,
        message: expect.stringMatching(/incompatible.*mandatory/s),
      })
    })

    test('says which server it talks to', async () => {
      expect(await open().registry.serverVersion()).toMatch(/^(apicurio|confluent) \d/)
    })
  })
})

/** Registries may spell a schema in another way, for example leave out a namespace that is inherited. */
function canonical(schema: Schema): string {
  return avro.Type.forSchema(schema).toString()
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url)
  expect(response.status).toBe(200)
  return (await response.json()) as T
}
