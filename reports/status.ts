import { paintOf, plainLine, visibleLength } from './ansi.ts'
import { DASH, formatBytes, formatCount } from './format.ts'

/** A stack's services, as far as they are shown. */
export interface ShownStackStatus {
  readonly name: string
  readonly kind: string
  /** Null where rep did not start it. */
  readonly startedAt: string | null
  readonly services: readonly {
    readonly name: string
    readonly version: string
    readonly address: string
    readonly health: keyof typeof MARKS
    readonly reason: string | null
    readonly pid: number | null
    readonly rssBytes: number | null
  }[]
  readonly kafka: {
    readonly topics: readonly {
      readonly name: string
      readonly partitions: number
      readonly records: number
    }[]
    readonly lags: readonly {
      readonly group: string
      readonly topic: string
      readonly state: string
      readonly lag: number
      readonly members: readonly {
        readonly host: string
        readonly partitions: readonly number[]
        readonly lag: number
      }[]
    }[]
  } | null
  readonly subjects: readonly string[] | null
  readonly indices:
    | readonly {
        readonly name: string
        readonly health: string
        readonly documents: number
        readonly bytes: number
      }[]
    | null
  readonly redisKeys: number | null
  readonly tables:
    | readonly {
        readonly name: string
        readonly rows: number
        readonly partitions: number
        readonly bytes: number
      }[]
    | null
}

const MARKS = { healthy: '✓', silent: '!', down: '✗' } as const

type Row = readonly string[]

/** A stack's services, topics, lag, indices and counts, as tables. What is not known is a dash. */
export function renderStatus(status: ShownStackStatus, options: { readonly color: boolean }): string {
  const paint = paintOf(options.color)
  const colours = { healthy: paint.green, silent: paint.yellow, down: paint.red } as const
  const services = status.services.map(
    ({ name, version, address, health, reason, pid, rssBytes }): Row => [
      `${colours[health](MARKS[health])} ${name}`,
      version,
      address,
      health,
      formatBytes(rssBytes),
      pid === null ? DASH : String(pid),
      reason === null ? '' : plainLine(reason),
    ],
  )
  const { kafka, indices, subjects, redisKeys, tables } = status
  const topics = kafka?.topics.map(
    ({ name, partitions, records }): Row => [name, formatCount(partitions), formatCount(records)],
  )
  const lags = kafka?.lags.map(
    ({ group, topic, state, lag, members }): Row => [
      group,
      topic,
      state,
      formatCount(members.length),
      formatCount(lag),
    ],
  )
  const members = (kafka?.lags ?? []).flatMap(({ group, topic, members: all }) =>
    all.map(
      ({ host, partitions, lag }): Row => [
        group,
        topic,
        host,
        partitions.join(' ') || DASH,
        formatCount(lag),
      ],
    ),
  )
  const documents = indices?.map(
    ({ name, health, documents: count, bytes }): Row => [
      name,
      health,
      formatCount(count),
      formatBytes(bytes),
    ],
  )
  const rows = tables?.map(
    ({ name, rows: count, partitions, bytes }): Row => [
      name,
      formatCount(count),
      partitions === 0 ? DASH : formatCount(partitions),
      formatBytes(bytes),
    ],
  )
  const sections = [
    table(['  service', 'version', 'address', 'health', '#memory', '#pid', ''], services),
    table(['topic', '#partitions', '#records'], topics),
    table(['group', 'topic', 'state', '#members', '#lag'], lags),
    ...(members.length === 0 ? [] : [table(['member of', 'topic', 'at', 'partitions', '#lag'], members)]),
    table(['index', 'health', '#documents', '#size'], documents),
    table(['table', '#rows', '#partitions', '#size'], rows),
    `schemas: ${subjects === null ? DASH : formatCount(subjects.length)}   redis keys: ${formatCount(redisKeys)}`,
  ]
  const since = status.startedAt === null ? 'not started by rep' : `up since ${status.startedAt}`
  return [`${status.name} stack (${status.kind}), ${since}`, ...sections].join('\n\n')

  /** A heading that starts with `#` is a column of numbers. */
  function table(headings: Row, rows: readonly Row[] | undefined): string {
    const head = headings.map((heading) => heading.replace(/^#/, ''))
    if (rows === undefined) return paint.dim(`${head[0]}: ${DASH} (no answer)`)
    if (rows.length === 0) return paint.dim(`${head[0]}: none`)
    const widths = head.map((cell, i) =>
      Math.max(...[cell, ...rows.map((row) => row[i] ?? '')].map(visibleLength)),
    )
    const padded = (cell: string, i: number): string => {
      const room = ' '.repeat((widths[i] ?? 0) - visibleLength(cell))
      return headings[i]?.startsWith('#') ? room + cell : cell + room
    }
    const line = (row: Row): string => row.map(padded).join('  ').trimEnd()
    return [paint.dim(line(head)), ...rows.map(line)].join('\n')
  }
}
