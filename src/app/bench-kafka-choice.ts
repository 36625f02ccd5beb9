import type { KafkaClientName } from '../drivers/event-log/kafka-options.ts'
import { RepError } from '../errors/rep-error.ts'
import { readStackDescription, type StackHome } from '../stacks/stack-description.ts'
import { findStackName } from '../stacks/stack-name.ts'
import { KAFKA_CLIENTS } from './lab-stack.ts'

/** The brokers that are named, else those of the stack that is up. Throws REP_ENVIRONMENT where there is none. */
export function findBrokers(home: StackHome, named?: string): readonly string[] {
  if (named === undefined) return readStackDescription(home, findStackName(home)).brokers
  return split(named, 'brokers').map((broker) => {
    const [, port] = /^[^\s:]+:(\d{1,5})$/.exec(broker) ?? /^\[[0-9a-fA-F:]+\]:(\d{1,5})$/.exec(broker) ?? []
    if (port !== undefined && Number(port) > 0 && Number(port) < 65_536) return broker
    throw new RepError('REP_USAGE', `--brokers: ${JSON.stringify(broker)} is not HOST:PORT.`)
  })
}

/** The clients that are named, which must be installed, else all that are. Throws REP_USAGE for a name that is none. */
export function chosenClients(named?: string): {
  readonly clients: readonly KafkaClientName[]
  readonly skipMissing: boolean
} {
  if (named === undefined) return { clients: KAFKA_CLIENTS, skipMissing: true }
  const clients = split(named, 'clients').map((name) => {
    const client = KAFKA_CLIENTS.find((known) => known === name)
    if (client !== undefined) return client
    const message = `--clients: there is no Kafka client ${JSON.stringify(name)}, but ${KAFKA_CLIENTS.join(', ')}.`
    throw new RepError('REP_USAGE', message)
  })
  return { clients: [...new Set(clients)], skipMissing: false }
}

function split(list: string, flag: string): string[] {
  const parts = list.split(',').map((part) => part.trim())
  if (parts.every((part) => part !== '')) return parts
  throw new RepError('REP_USAGE', `--${flag}: ${JSON.stringify(list)} has an empty entry.`)
}
