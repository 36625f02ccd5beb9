import type { UserAction } from '../../domain/events.ts'

/** One readable row of a recorded clickstream. */
export interface ReplayRow {
  /** Number of its first line in the file, from 1. */
  readonly line: number
  readonly action: RecordedAction
  readonly product: ProductFacts
  /** The row as it stands in the file. */
  readonly text: string
}

/** A user action without the trace id, which it gets in the order in which it is driven. */
export type RecordedAction = Omit<UserAction, 'traceId'>

/** What a row says of its product beside the action's own category and price. */
export interface ProductFacts {
  readonly name?: string
  readonly brand?: string
  readonly description?: string
}

/** A row that could not be read. */
export interface Rejected {
  readonly line: number
  readonly reason: string
  readonly text: string
}

/** How the rows of one kind of file are read. */
export interface RowFormat {
  readonly name: string
  /** What was made up because the file does not say it. */
  readonly invented: readonly string[]
  /** The action and product of one record, or in words why it is none. */
  read(fields: readonly string[]): { action: RecordedAction; product: ProductFacts } | string
}
