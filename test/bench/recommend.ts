/**
 * Recommendations over HTTP from 20,000 products of 384 dimensions, driven at one rate by rep's client, by
 * autocannon and, where it is on the PATH, by wrk: latency with recall@10 beside it, and what each client
 * costs. A second round against a server that does nothing shows the clients at a higher rate. autocannon
 * and wrk keep no due times; wrk has no rate either and goes as fast as it can.
 * Run: node test/bench/recommend.ts [rate] [rate of the second round]
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type BenchRecommendResult, benchRecommend } from '../../src/app/bench-recommend.ts'
import { startBenchServer } from '../../src/app/bench-server.ts'

const RATE = Number(process.argv[2] ?? 1000)
const BARE_RATE = Number(process.argv[3] ?? 5000)
const SECONDS = 5
const CONNECTIONS = 32
const DATA = { products: 20_000, users: 20_000, seed: 7 }
const SETTINGS = { candidates: 100, indexKind: 'hnsw', diversity: 0, popularRefreshMs: 1000 } as const

/** Prints its CPU time (start-up and a warm-up left out) and requests as JSON. */
const AUTOCANNON = `
  import autocannon from 'autocannon'
  const [url, rate, duration, connections] = process.argv.slice(1)
  const run = (duration) => autocannon({ url, connections: Number(connections), overallRate: Number(rate), duration })
  await run(1)
  const before = process.cpuUsage()
  const { requests, latency } = await run(Number(duration))
  const { user, system } = process.cpuUsage(before)
  console.log(JSON.stringify({ requests: requests.total, cpuSeconds: (user + system) / 1e6, p50: latency.p50, p99: latency.p99 }))
`

const BARE_SERVER = `
  import { createServer } from 'node:http'
  const body = JSON.stringify({ items: Array.from({ length: 10 }, (_, i) => ({ productId: 'p' + i, score: 0.5 })) })
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.setHeader('content-length', body.length)
    response.end(body)
  })
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('disconnect', () => process.exit())
`

const signal = new AbortController().signal

async function main(): Promise<void> {
  console.log(
    `recommend server, ${DATA.products} products, ${RATE}/s for ${SECONDS} s, ${CONNECTIONS} connections`,
  )
  const server = await startBenchServer({ dims: 384, settings: SETTINGS, data: DATA }, signal)
  try {
    console.log(`recall@10 ${server.recallAt10.toFixed(3)} at ${SETTINGS.candidates} candidates`)
    await compare(`${server.url}/v1/users/{userId}/recommendations?limit=10`, RATE)
  } finally {
    await server.close()
  }
  console.log(`\nnode:http server that does nothing, ${BARE_RATE}/s`)
  const bare = spawn(process.execPath, ['--input-type=module', '-e', BARE_SERVER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    const [port] = (await once(bare, 'message')) as [number]
    await compare(`http://127.0.0.1:${port}/{userId}`, BARE_RATE)
  } finally {
    bare.disconnect()
    await once(bare, 'exit')
  }
}

async function compare(url: string, rate: number): Promise<void> {
  const rep = await benchRecommend({
    ...DATA,
    url,
    rate,
    durationMs: SECONDS * 1e3,
    connections: CONNECTIONS,
    signal,
  })
  print('rep', rep.cpuSecondsPer10k!, shown(rep))
  const one = url.replace('{userId}', 'user-000007')
  const args = [one, rate, SECONDS, CONNECTIONS].map(String)
  const cannon = spawn(process.execPath, ['--input-type=module', '-e', AUTOCANNON, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = (await cannon.stdout.toArray()).join('')
  const { requests, cpuSeconds, p50, p99 } = JSON.parse(output) as Record<string, number>
  const cannonCost = (cpuSeconds! / requests!) * 1e4
  print('autocannon', cannonCost, `${requests} requests, from sending: p50 ${p50} ms, p99 ${p99} ms`)
  const wrk = driveWithWrk(one)
  if (wrk !== null)
    print('wrk', wrk.cost, `${wrk.requests} requests, as fast as it can, from sending: ${wrk.latency}`)
  console.log(`rep / autocannon ${(rep.cpuSecondsPer10k! / cannonCost).toFixed(2)}`)
}

function shown(rep: BenchRecommendResult): string {
  const { dueToDone, sendToDone, scheduleLag } = rep
  const failed = rep.failedTotal === 0 ? '' : `, ${rep.failedTotal} failed ${JSON.stringify(rep.failed)}`
  return (
    `${rep.sent} requests${failed}, from due time: p50 ${dueToDone.p50Ms} ms, p99 ${dueToDone.p99Ms} ms; ` +
    `from sending: p50 ${sendToDone.p50Ms} ms, p99 ${sendToDone.p99Ms} ms; schedule lag p99 ${scheduleLag.p99Ms} ms${rep.valid ? '' : `; INVALID: ${rep.invalidReasons.join(' ')}`}`
  )
}

function print(client: string, cpuSecondsPer10k: number, rest: string): void {
  console.log(`${client.padEnd(11)}${cpuSecondsPer10k.toFixed(3)} CPU s per 10,000 requests; ${rest}`)
}

/** Null where there is no wrk. CPU time is the shell's account of its children. */
function driveWithWrk(url: string): { cost: number; requests: number; latency: string } | null {
  const script = `command -v wrk >/dev/null || exit 0; wrk -t1 -c${CONNECTIONS} -d${SECONDS}s --latency "$0"; times`
  const output = execFileSync('bash', ['-c', script, url], { encoding: 'utf8' })
  if (output === '') return null
  const requests = Number(/(\d+) requests in/.exec(output)?.[1])
  const latency = ['50%', '99%'].map(
    (at) => `p${at.slice(0, 2)} ${new RegExp(`${at}\\s+(\\S+)`).exec(output)?.[1]}`,
  )
  const children = output.trimEnd().split('\n').at(-1)!
  let seconds = 0
  for (const [, minutes, rest] of children.matchAll(/(\d+)m([\d.]+)s/g))
    seconds += Number(minutes) * 60 + Number(rest)
  return { cost: (seconds / requests) * 1e4, requests, latency: latency.join(', ') }
}

await main()
