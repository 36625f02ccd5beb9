interface CodeEntry {
  /** Exit status of the process when this error ends it. */
  readonly exit: number
  /** What the user can do about it. */
  readonly hint: string
  /** True when the same call may succeed later. */
  readonly retryable?: boolean
}

/** Every error code of rep, with its exit status and hint. Exit statuses: docs/architecture.md. */
export const CODES = {
  REP_INTERNAL: { exit: 1, hint: 'This is a bug in rep. Run again with DEBUG=rep and report the output.' },
  REP_USAGE: { exit: 2, hint: 'See the command’s --help.' },
  REP_SCENARIO: { exit: 2, hint: 'Mend the places listed; docs/scenarios.md describes every key.' },
  REP_INPUT: { exit: 2, hint: 'Check the file, its format and the column mapping (--format, --map).' },
  REP_NOT_FOUND: { exit: 2, hint: 'Check the name; list what there is with the command’s list form.' },
  REP_ENVIRONMENT: { exit: 3, hint: 'Run rep doctor to see what is missing and how to get it.' },
  REP_CONFIG: {
    exit: 2,
    hint: 'Mend the places listed; docs/external-services.md and docs/features.md describe every key.',
  },
  REP_MISSING: {
    exit: 3,
    hint: 'Run again with --create: rep then creates them and notes that they are its own.',
  },
  REP_FOREIGN: {
    exit: 3,
    hint: 'Choose another prefix (--prefix), or remove them yourself: rep touches only what it created.',
  },
  REP_STACK_BUSY: { exit: 3, hint: 'Wait for the other run, or give this one its own --data-dir.' },
  REP_PORT_IN_USE: { exit: 3, hint: 'Choose another --port, or stop the process that holds it.' },
  REP_LOG_UNAVAILABLE: { exit: 3, hint: 'Check that the event log is up.', retryable: true },
  REP_LOG_FENCED: { exit: 1, hint: 'Another member of the group owns the partition now; poll again.' },
  REP_LOG_TOPIC: { exit: 3, hint: 'The topic is missing or has another number of partitions.' },
  REP_STORE_UNAVAILABLE: { exit: 3, hint: 'Check that the store is up.', retryable: true },
  REP_OVERLOADED: {
    exit: 3,
    hint: 'Too much is waiting: try again later, or send less at once.',
    retryable: true,
  },
  REP_VECTOR_DIMS: { exit: 3, hint: 'Use the embedder that the index was built with, or rebuild the index.' },
  REP_SCHEMA: {
    exit: 3,
    hint: 'Another schema is registered under this subject: use another registry, or remove the subject.',
  },
  REP_CODEC: { exit: 1, hint: 'The bytes are not a record of this schema.' },
  REP_INVALID: { exit: 6, hint: 'The generator could not keep its schedule: lower --tps or free the CPU.' },
  REP_LEDGER: { exit: 7, hint: 'Events were lost, doubled or reordered: see the ledger in the report.' },
  REP_OBJECTIVE: { exit: 99, hint: 'An objective was missed: see the objectives in the report.' },
  REP_INTERRUPTED: { exit: 130, hint: 'It was stopped on request: run the same command again.' },
} as const satisfies Record<string, CodeEntry>

export type ErrorCode = keyof typeof CODES
