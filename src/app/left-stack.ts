import { existsSync } from 'node:fs'
import { LOCAL_SCHEMA_IDS, type SchemaIds } from '../domain/codec.ts'
import { TOPICS } from '../domain/topics.ts'
import { openKafkaEventLog } from '../drivers/event-log/kafka.ts'
import { openRedisKeyValue } from '../drivers/key-value/redis.ts'
import { ConfluentSchemaRegistry } from '../drivers/schema-registry/confluent.ts'
import { registerSchemas } from '../drivers/schema-registry/register-schemas.ts'
import { RepError } from '../errors/rep-error.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { KeyValue } from '../ports/key-value.ts'
import type { Sql } from '../ports/sql.ts'
import { openEmbeddedStack } from '../stacks/embedded.ts'
import { kafkaAccess, postgresAccess, redisAccess, registryAccess } from '../stacks/service-access.ts'
import { openServiceSql } from '../stacks/service-sql.ts'
import { requireNoExternal, requireStack } from './describe-stack.ts'
import type { LabStackOptions } from './lab-stack.ts'

/** Which stack a command looks into, as runs left it. */
export type LeftStack = LabStackOptions

/** Dimensions matter to vectors only: who reads the log or a key touches none. */
const ANY_DIMS = 1

/** Opens a stack's event log for `use`. Rejects with REP_NOT_FOUND or REP_ENVIRONMENT where there is none. */
export async function withLog<T>(stack: LeftStack, use: (log: EventLog) => Promise<T>): Promise<T> {
  return using(await openLog(stack), async ({ log }) => {
    await log.ensureTopics(TOPICS)
    return use(log)
  })
}

/** Opens a stack's keys for `use`. Rejects with REP_NOT_FOUND or REP_ENVIRONMENT where there are none. */
export async function withKeyValue<T>(stack: LeftStack, use: (keyValue: KeyValue) => Promise<T>): Promise<T> {
  return using(await openKeyValue(stack), ({ keyValue }) => use(keyValue))
}

/** Opens a stack's SQL database for `use`. Rejects with REP_NOT_FOUND, REP_ENVIRONMENT or REP_STACK_BUSY. */
export async function withSql<T>(stack: LeftStack, use: (sql: Sql) => Promise<T>): Promise<T> {
  if (stack.name === 'embedded')
    return using(await openEmbedded(stack), async (opened) => use(await opened.openSql()))
  const description = await requireStack(stack, ['postgres'])
  const mayCreate = description.external === undefined
  return using(await openServiceSql({ ...postgresAccess(description), mayCreate }), use)
}

/** Under which ids the values of a stack's log name their schemas. */
export async function schemaIdsOf(stack: LeftStack): Promise<SchemaIds> {
  if (stack.name === 'embedded') return LOCAL_SCHEMA_IDS
  const description = await requireStack(stack, ['registry'])
  return using(new ConfluentSchemaRegistry(registryAccess(description)), registerSchemas)
}

/** Throws REP_NOT_FOUND where no run has filled the embedded stack. */
export function requireEmbedded({ home }: Pick<LeftStack, 'home'>): string {
  if (existsSync(home.embedded)) return home.embedded
  throw new RepError(
    'REP_NOT_FOUND',
    `The embedded stack in ${home.embedded} is empty: run rep simulate first.`,
  )
}

async function openLog(stack: LeftStack): Promise<{ log: EventLog; close(): Promise<void> }> {
  if (stack.name === 'embedded') return openEmbedded(stack)
  const description = await requireStack(stack, ['kafka'])
  const log = await openKafkaEventLog({ ...kafkaAccess(description), client: stack.kafkaClient })
  return { log, close: () => log.close() }
}

async function openKeyValue(stack: LeftStack): Promise<{ keyValue: KeyValue; close(): Promise<void> }> {
  if (stack.name === 'embedded') return openEmbedded(stack)
  const description = await requireStack(stack, ['redis'])
  const keyValue = await openRedisKeyValue(redisAccess(description))
  return { keyValue, close: () => keyValue.close() }
}

function openEmbedded(stack: LeftStack) {
  requireNoExternal(stack.name, stack.external)
  return openEmbeddedStack({ dataDir: requireEmbedded(stack), dims: ANY_DIMS })
}

async function using<R extends { close(): Promise<void> }, T>(
  resource: R,
  use: (r: R) => Promise<T>,
): Promise<T> {
  try {
    return await use(resource)
  } finally {
    await resource.close()
  }
}
