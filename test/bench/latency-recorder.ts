import { build, initWebAssembly } from 'hdr-histogram-js'
import { formatTraceId, runTag } from '../../src/domain/trace-id.ts'
import { LatencyCounts } from '../../src/measure/latency-counts.ts'
import { LatencyRecorder } from '../../src/measure/latency-recorder.ts'
import { createLedger } from '../../src/measure/ledger.ts'
import { LedgerWriter } from '../../src/measure/ledger-writer.ts'

/** CPU cost of measuring one event, in nanoseconds: histograms, recorder and ledger. Run: node test/bench/latency-recorder.ts */
const CALLS = 2_000_000
const latenciesUs = Float64Array.from({ length: 4096 }, (_, i) => Math.exp(((i * 2654435761) % 4096) / 341))

function cost(name: string, call: (i: number) => void): void {
  for (let i = 0; i < CALLS / 4; i++) call(i)
  const from = process.cpuUsage()
  for (let i = 0; i < CALLS; i++) call(i)
  const { user, system } = process.cpuUsage(from)
  console.log(`${name.padEnd(58)} ${(((user + system) * 1e3) / CALLS).toFixed(1).padStart(7)} ns`)
}

await initWebAssembly()
const settings = { numberOfSignificantValueDigits: 3, autoResize: true } as const
const script = build({ ...settings, bitBucketSize: 64 })
const wasm = build({ ...settings, bitBucketSize: 64, useWebAssembly: true })
const counts = new LatencyCounts()
cost('hdr-histogram-js, JavaScript: recordValue', (i) =>
  script.recordValue(Math.floor(latenciesUs[i & 4095]!)),
)
cost('hdr-histogram-js, WebAssembly: recordValue', (i) =>
  wasm.recordValue(Math.floor(latenciesUs[i & 4095]!)),
)
cost('LatencyCounts.record', (i) => counts.record(latenciesUs[i & 4095]!))

const recorder = new LatencyRecorder(0)
const ack = recorder.measure('ack')
cost('recorder: sent, and done with both latencies', (i) => {
  recorder.sent(i * 20, i * 20 + 3)
  ack.done(i * 20, i * 20 + latenciesUs[i & 4095]!, i * 20 + 3)
})
cost('recorder: done, due times over 8 seconds in turn', (i) => ack.done((i & 7) * 1e6, 9e6))
const takes = process.cpuUsage()
for (let take = 0; take < 200; take++) {
  for (let i = 0; i < 4096; i++) ack.done(take * 1e6, take * 1e6 + latenciesUs[i]!)
  recorder.take()
}
const taken = process.cpuUsage(takes)
console.log(`take of one second of 4,096 events: ${((taken.user + taken.system) / 200).toFixed(0)} µs`)

for (const count of [CALLS, null]) {
  const length = count === null ? 'growing' : 'fixed'
  const writer = new LedgerWriter(
    createLedger({
      seed: 1,
      streams: { action: { count, stages: ['index'] }, canary: { count, stages: [] } },
    }),
  )
  const appends = writer.appends('action')
  const index = writer.effects('index')
  const traceIds = Array.from({ length: 4096 }, (_, i) => formatTraceId(1.7e12, runTag(1, 'action'), i * 300))
  cost(`ledger, ${length} length: sent and acknowledged`, (i) => {
    appends.sent(i, 3)
    appends.acknowledged(i)
  })
  cost(`ledger, ${length} length: effect by trace id, lag looked up`, (i) => {
    const traceId = traceIds[i & 4095]!
    index.applied(traceId)
    writer.lagUsOf(traceId)
  })
}
