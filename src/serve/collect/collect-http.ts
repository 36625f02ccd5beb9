import type { Collect } from '../../stages/collect/open-collect.ts'

/** The collector and how it is reached. */
export interface CollectHttp {
  readonly collect: Collect
  /** NAME=KEY each; none: anybody may send. */
  readonly writeKeys: readonly string[]
  /** Events per second of each write key or, where there are none, of each address; null: no limit. */
  readonly eventsPerSecond: number | null
  /** Most bytes of a request's body, also after unpacking. */
  readonly bodyLimitBytes: number
  /** Origins whose pages may send; `*` for all. */
  readonly origins: readonly string[]
}
