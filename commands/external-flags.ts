import { Flags } from '@oclif/core'
import type { ExternalOptions } from '../src/app/describe-stack.ts'

const GROUP = 'EXTERNAL SERVICES'

/** Where services are that rep did not start; log-ins come from rep.yaml or the environment alone. */
export const addressFlags = {
  config: Flags.file({
    description: 'With --stack external: where the services are. Default: $REP_CONFIG, else rep.yaml here.',
    helpValue: 'FILE',
    helpGroup: GROUP,
  }),
  brokers: Flags.string({
    description:
      'Kafka brokers, host:port with commas. Log-ins are taken from the file or the environment alone.',
    helpValue: 'LIST',
    helpGroup: GROUP,
  }),
  registry: Flags.string({
    description: 'Where the schema registry’s API begins.',
    helpValue: 'URL',
    helpGroup: GROUP,
  }),
  elasticsearch: Flags.string({
    description: 'Elasticsearch nodes, addresses with commas.',
    helpValue: 'LIST',
    helpGroup: GROUP,
  }),
  redis: Flags.string({ description: 'Redis server.', helpValue: 'URL', helpGroup: GROUP }),
  postgres: Flags.string({
    description: 'PostgreSQL server and database.',
    helpValue: 'URL',
    helpGroup: GROUP,
  }),
  prefix: Flags.string({
    description: 'Goes before every topic, group, index, key and subject. Default: rep-.',
    helpValue: 'TEXT',
    helpGroup: GROUP,
  }),
}

/** As addressFlags, for commands that may create what is missing. */
export const externalFlags = {
  ...addressFlags,
  create: Flags.boolean({
    description:
      'Create the topics, subjects, indexes and keys that are missing, and note that they are rep’s.',
    helpGroup: GROUP,
  }),
}

/** The external services that these flags mean. */
export function externalOf(flags: ExternalOptions): ExternalOptions {
  const { config, brokers, registry, elasticsearch, redis, postgres, prefix, create } = flags
  return { config, brokers, registry, elasticsearch, redis, postgres, prefix, create }
}
