import { expect, test } from 'vitest'
import { loadRdkafka } from '../../src/drivers/event-log/rdkafka-module.ts'
import { RepError } from '../../src/errors/rep-error.ts'
import { describeKafka } from './event-log-kafka.ts'

// An optional peer that compiles librdkafka for minutes: its contract runs where it is installed, found beside rep,
// in the working directory or by NODE_PATH.
const missing = loadingError()
if (missing === null) describeKafka('rdkafka')
else {
  test('node-rdkafka is not installed, so its contract does not run; choosing it says how to install it', () => {
    expect(missing).toMatchObject({ code: 'REP_ENVIRONMENT', exit: 3 })
    expect(missing.details.join('\n')).toContain('npm install node-rdkafka')
  })
}

function loadingError(): RepError | null {
  try {
    loadRdkafka()
    return null
  } catch (error) {
    if (error instanceof RepError) return error
    throw error
  }
}
