import type { LoadSettings } from '../config/scenario.ts'
import { CollectorClient } from '../load/collector-client.ts'
import { parseTarget } from '../load/http-target.ts'
import type { LabPlan } from './lab-plan.ts'

/** Most events that a generator thread has under way, waiting senders included; beyond it events leave late. */
const MOST_UNDER_WAY = 16_384
/** A JSON event has some 600 bytes. */
const EVENT_BYTES = 1024

/** Opens a client of the run's collector. */
export async function openClient(
  { scenario }: Pick<LabPlan, 'scenario'>,
  url: string,
): Promise<CollectorClient> {
  const { senders, timeoutMs } = scenario.load.collector
  const client = new CollectorClient({ target: parseTarget(url), senders, timeoutMs })
  await client.open()
  return client
}

/** The batches of a load whose batches are requests. */
export function clientBatches({ model, collector }: LoadSettings) {
  const { senders } = collector
  const batch = model === 'posts' ? 1 : collector.batch
  return {
    batchEvents: batch,
    maxInFlight: Math.max(2 * senders, Math.ceil(MOST_UNDER_WAY / batch)),
    slabBytes: EVENT_BYTES * batch,
  }
}
