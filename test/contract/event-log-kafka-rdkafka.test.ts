import { describe } from 'vitest'
import { loadRdkafka } from '../../src/drivers/event-log/rdkafka-module.ts'
import { describeKafka } from './event-log-kafka.ts'

// An optional peer that compiles librdkafka: tested where it is installed.
if (isInstalled()) describeKafka('rdkafka')
else
  describe.skip('skipped: node-rdkafka is not installed (npm install --no-save node-rdkafka)', () =>
    describeKafka('rdkafka'))

function isInstalled(): boolean {
  try {
    loadRdkafka()
    return true
  } catch {
    // Its absence is what is asked about.
    return false
  }
}
