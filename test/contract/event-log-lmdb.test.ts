import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLmdbEventLog } from '../../src/drivers/event-log/lmdb.ts'
import { openLmdbEnvironment } from '../../src/drivers/lmdb-environment.ts'
import { describeEventLog } from './event-log.ts'

describeEventLog('lmdb', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'rep-event-log-'))
  return {
    open: async () => {
      const environment = openLmdbEnvironment(dataDir)
      const log = openLmdbEventLog(environment)
      return Object.assign(log, { close: closing(log.close.bind(log), environment.close) })
    },
    close: () => rm(dataDir, { recursive: true }),
  }
})

/** Closes the log, then its environment; a second call does nothing. */
function closing(...steps: (() => Promise<void>)[]): () => Promise<void> {
  return async () => {
    for (const step of steps.splice(0)) await step()
  }
}
