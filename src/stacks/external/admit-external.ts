import { TOPICS } from '../../domain/topics.ts'
import { TopicOwners } from '../../drivers/event-log/kafka-topic-owners.ts'
import { openRedisKeyValue } from '../../drivers/key-value/redis.ts'
import { ConfluentSchemaRegistry } from '../../drivers/schema-registry/confluent.ts'
import { registerSchemas } from '../../drivers/schema-registry/register-schemas.ts'
import { openPostgresSql } from '../../drivers/sql/postgres.ts'
import { RepError } from '../../errors/rep-error.ts'
import { kafkaAccess, postgresAccess, redisAccess, registryAccess } from '../service-access.ts'
import { ensureSchema } from '../sql-schema.ts'
import { type ServiceName, type StackDescription, servicesOf } from '../stack-description.ts'
import { markKeys } from './owned-keys.ts'
import { type Holding, SURVEYS } from './survey.ts'

export interface Admission {
  /** Creates what is missing; indexes are left to who knows the dimensions of their vectors. */
  readonly create: boolean
  /** Only these services are looked at; default: all that are described. */
  readonly services?: readonly ServiceName[]
}

/**
 * Makes sure that all that rep needs of external services is there and is its own. Rejects with REP_ENVIRONMENT
 * naming each service that does not answer, with REP_FOREIGN naming each thing of the same name that rep did not
 * create, and with REP_MISSING naming each thing that is missing, unless it may create them.
 */
export async function admitExternal(
  stack: StackDescription,
  { create, services = servicesOf(stack).map(([name]) => name) }: Admission,
): Promise<void> {
  const holdings = await survey(stack, services)
  const foreign = holdings.filter(({ state }) => state === 'foreign')
  if (foreign.length > 0)
    throw new RepError(
      'REP_FOREIGN',
      `${count(foreign)} in stack ${stack.name} that rep did not create, of a name that it needs.`,
      {
        details: foreign.map(shown),
      },
    )
  const missing = holdings.filter(({ state }) => state === 'missing')
  if (missing.length === 0) return
  if (!create)
    throw new RepError('REP_MISSING', `${count(missing)} missing in stack ${stack.name}.`, {
      details: missing.map(shown),
    })
  const kinds = new Set(missing.map(({ kind }) => kind))
  if (kinds.has('topic')) await createTopics(stack)
  if (kinds.has('subject')) await createSubjects(stack)
  if (kinds.has('keys')) await createKeys(stack)
  if (kinds.has('schema')) await createSchema(stack)
}

async function survey(
  stack: StackDescription,
  services: readonly ServiceName[],
): Promise<readonly Holding[]> {
  const answers = await Promise.allSettled(services.map((service) => SURVEYS[service](stack)))
  const reasons = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  )
  if (reasons.length > 0) {
    const bug = reasons.find((reason) => !(reason instanceof RepError) || reason.exit !== 3)
    if (bug !== undefined) throw bug
    const details = reasons.map((reason) => (reason as RepError).message)
    const what = `${reasons.length} of the services of stack ${stack.name} cannot be used; check their addresses and log-ins.`
    throw new RepError('REP_ENVIRONMENT', what, { details, cause: reasons[0] })
  }
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

async function createTopics(stack: StackDescription): Promise<void> {
  const owners = await TopicOwners.open(kafkaAccess(stack))
  try {
    await owners.create(TOPICS)
  } finally {
    await owners.close()
  }
}

async function createSubjects(stack: StackDescription): Promise<void> {
  const registry = new ConfluentSchemaRegistry(registryAccess(stack))
  try {
    await registerSchemas(registry)
  } finally {
    await registry.close()
  }
}

async function createKeys(stack: StackDescription): Promise<void> {
  const keyValue = await openRedisKeyValue(redisAccess(stack))
  try {
    await markKeys(keyValue)
  } finally {
    await keyValue.close()
  }
}

async function createSchema(stack: StackDescription): Promise<void> {
  const sql = await openPostgresSql(postgresAccess(stack))
  try {
    await ensureSchema(sql, postgresAccess(stack).schema)
  } finally {
    await sql.close()
  }
}

function count({ length }: readonly Holding[]): string {
  return length === 1 ? 'There is 1 thing' : `There are ${length} things`
}

function shown({ kind, name }: Holding): string {
  return `${kind} ${name}`
}
