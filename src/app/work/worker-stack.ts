import type { Consumer, EventLog } from '../../ports/event-log.ts'
import type { Stack } from '../../ports/stack.ts'
import type { Teller } from './teller.ts'

/** What of a teller a stack needs. */
type TellAndLease = Pick<Teller, 'flush' | 'checkLease'>

/**
 * A stack as a worker's stages see it: the lab is told of every effect before its offset is committed, and nothing
 * is written without a lease, so that a worker that was put aside for long cannot write into the next run.
 */
export function workerStack(stack: Stack, teller: TellAndLease): Stack {
  const check = (): void => teller.checkLease()
  const log = tellingLog(stack.log, teller)
  return {
    ...stack,
    log: guarded(log, ['consume', 'read', 'offsets', 'committed', 'close'], check),
    keyValue: guarded(
      stack.keyValue,
      ['getMany', 'getHashes', 'getLists', 'top', 'readTally', 'close'],
      check,
    ),
    documents: guarded(stack.documents, ['getMany', 'search', 'count', 'close'], check),
    vectors: guarded(stack.vectors, ['getMany', 'search', 'searchExact', 'count', 'close'], check),
    // Its statements may write, whatever they look like.
    openSql: async () => guarded(await stack.openSql(), ['close'], check),
    openObjects: async (place) =>
      guarded(await stack.openObjects(place), ['get', 'head', 'list', 'close'], check),
  }
}

/** The same port, whose calls reject where `check` throws, but for those that only read. */
function guarded<T extends object>(target: T, reads: readonly (keyof T)[], check: () => void): T {
  const calls = new Map<PropertyKey, unknown>()
  return new Proxy(target, {
    get(port, name) {
      const known = calls.get(name)
      if (known !== undefined) return known
      const member: unknown = Reflect.get(port, name, port)
      if (typeof member !== 'function') return member
      const call = reads.some((read) => read === name)
        ? (...args: unknown[]): unknown => Reflect.apply(member, port, args)
        : async (...args: unknown[]): Promise<unknown> => {
            check()
            return Reflect.apply(member, port, args)
          }
      calls.set(name, call)
      return call
    },
  })
}

function tellingLog(log: EventLog, teller: TellAndLease): EventLog {
  return {
    capabilities: log.capabilities,
    ensureTopics: (topics) => log.ensureTopics(topics),
    append: (topic, batch, signal) => log.append(topic, batch, signal),
    consume: async (options) => tellingConsumer(await log.consume(options), teller),
    read: (from, maxRecords) => log.read(from, maxRecords),
    offsets: (topic) => log.offsets(topic),
    committed: (group, topic) => log.committed(group, topic),
    retain: (topic, limits) => log.retain(topic, limits),
    close: () => log.close(),
  }
}

function tellingConsumer(consumer: Consumer, teller: TellAndLease): Consumer {
  return {
    poll: (maxWaitMs, signal) => consumer.poll(maxWaitMs, signal),
    commit: async (positions) => {
      await teller.flush()
      await consumer.commit(positions)
    },
    pause: (partitions) => consumer.pause(partitions),
    resume: (partitions) => consumer.resume(partitions),
    assignment: () => consumer.assignment(),
    close: () => consumer.close(),
  }
}
