/** Key under which a lab makes its run known to worker processes; it lives only while the lab renews it. */
export const RUN_KEY = 'rep:run'

/** The value of `RUN_KEY`, as JSON. */
export interface RunAnnouncement {
  /** Id of the run. */
  readonly run: string
  /** `host:port` where the lab takes workers. */
  readonly control: string
  /** What a worker must say to be let in. */
  readonly token: string
}
