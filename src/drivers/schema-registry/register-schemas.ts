import { SCHEMAS, type SchemaIds, type Subject } from '../../domain/codec.ts'
import type { SchemaRegistry } from '../../ports/schema-registry.ts'

/**
 * Registers every version of every subject and returns their ids for `createCodec`. With them nothing of the
 * registry is needed any more: it may go down after the start.
 */
export async function registerSchemas(registry: SchemaRegistry): Promise<SchemaIds> {
  const ids: Partial<Record<Subject, readonly number[]>> = {}
  for (const subject of Object.keys(SCHEMAS) as Subject[])
    ids[subject] = await registry.register(subject, SCHEMAS[subject] as readonly object[])
  return ids as SchemaIds
}
