import type { TopicName } from '../../domain/topics.ts'
import type { LogRecord } from '../../ports/event-log.ts'

/** Header of every collected record: when its request came, milliseconds since the epoch, as text. */
export const RECEIVED_HEADER = 'rep-received-ms'

/** One record on its way to the log. */
export interface Collected {
  readonly topic: TopicName
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly receivedMs: number
}

type Headers = NonNullable<LogRecord['headers']>
let lastMs = -1
let lastHeaders: Headers = {}

/** As the log takes it. Nothing schedules collected events, so they have no due time. */
export function toLogRecord({ key, value, receivedMs }: Collected): LogRecord {
  return { key, value, dueUs: 0, headers: headersOf(receivedMs) }
}

/** Records that came together share their headers. */
function headersOf(receivedMs: number): Headers {
  if (receivedMs !== lastMs) {
    lastHeaders = { [RECEIVED_HEADER]: Buffer.from(String(receivedMs)) }
    lastMs = receivedMs
  }
  return lastHeaders
}
