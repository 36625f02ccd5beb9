import { Flags } from '@oclif/core'
import type { ExternalOptions } from '../src/app/describe-stack.ts'
import { Home } from '../src/app/home.ts'
import { KAFKA_CLIENTS, type KafkaClientName, type LabStackOptions } from '../src/app/lab-stack.ts'
import { type HostAndPort, parseAddress } from '../src/config/parse-address.ts'
import { parseShard, type ShardNumber } from '../src/config/parse-shard.ts'
import { parseDuration, parseRate } from '../src/config/units.ts'
import { externalFlags, externalOf } from './external-flags.ts'

/** Where rep keeps runs and the embedded stack's data. */
export const dataDir = Flags.directory({
  description: 'Directory for runs and the embedded stack’s data. Default: $REP_HOME, else .rep here.',
  helpValue: 'DIR',
})

/** Which stack, of those that hold data, and by which client. */
export const stackFlags = {
  stack: Flags.string({
    description:
      'embedded, which needs nothing; a stack that rep up started, e.g. native; or external: services that rep did not start.',
    default: 'embedded',
    helpValue: 'NAME',
  }),
  'kafka-client': Flags.option({
    options: KAFKA_CLIENTS,
    default: KAFKA_CLIENTS[0],
    description: 'Which client drives Kafka, where the stack has one.',
  })(),
  'data-dir': dataDir,
  ...externalFlags,
}

/** The stack that these flags mean. */
export function stackOf(
  flags: {
    readonly stack: string
    readonly 'kafka-client'?: KafkaClientName
    readonly 'data-dir'?: string | undefined
  } & ExternalOptions,
): LabStackOptions {
  return {
    home: new Home(flags['data-dir']),
    name: flags.stack,
    kafkaClient: flags['kafka-client'] ?? KAFKA_CLIENTS[0],
    external: externalOf(flags),
  }
}

/** Where a service listens. */
export function listenFlags(port: number) {
  return {
    host: Flags.string({
      description: 'Address to listen on; anything but loopback is reachable by others.',
      helpValue: 'ADDRESS',
      default: '127.0.0.1',
    }),
    port: Flags.integer({
      description: 'Port; 0 takes any free one.',
      helpValue: 'PORT',
      default: port,
      min: 0,
      max: 65_535,
    }),
  }
}

/** A length of time with its unit; its value is in ms. */
export const duration = Flags.custom<number>({
  helpValue: 'TIME',
  parse: async (text) => parseDuration(text),
})

/** Events per second. */
export const rate = Flags.custom<number>({
  helpValue: 'RATE',
  parse: async (text) => parseRate(text),
})

/** A slice of one schedule: I/N. */
export const shard = Flags.custom<ShardNumber>({
  helpValue: 'I/N',
  parse: async (text) => parseShard(text),
})

/** An address that others are to reach. */
export const address = Flags.custom<HostAndPort>({
  helpValue: 'HOST:PORT',
  parse: async (text) => parseAddress(text),
})
