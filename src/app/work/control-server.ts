import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import { nowUs } from '../../kernel/time.ts'
import { LatencyRecorder } from '../../measure/latency-recorder.ts'
import { addFallbackTexts } from '../embed/embedder-address.ts'
import type { LabPlan } from '../lab-plan.ts'
import type { StageName } from '../stage-table.ts'
import { repVersion } from '../version.ts'
import { bootId, type Hello, type Welcome } from './agreement.ts'
import { ackFrame, FRAME, FrameReader, frameOf, jsonFrame } from './frames.ts'
import { RemoteWorker } from './remote-worker.ts'

/** How long workers may take to settle what they hold at the end. */
const SETTLE_MS = 20_000

export interface ControlServerOptions {
  readonly run: string
  readonly plan: LabPlan
  readonly host: string
  /** 0 for any. */
  readonly port: number
  readonly log: (line: string) => void
}

/** Where worker processes meet the lab of a run. */
export class ControlServer {
  readonly token = randomBytes(16).toString('hex')
  readonly #options: ControlServerOptions
  readonly #server: Server
  readonly #workers = new Map<string, RemoteWorker>()
  readonly #sockets = new Map<Socket, RemoteWorker>()
  #measuredFromUs = Number.NaN
  #stopping = false

  private constructor(options: ControlServerOptions) {
    this.#options = options
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Listens; rejects with REP_ENVIRONMENT where the address is not to be had. */
  static async listen(options: ControlServerOptions): Promise<ControlServer> {
    const control = new ControlServer(options)
    const { host, port } = options
    try {
      control.#server.listen({ host, port })
      await once(control.#server, 'listening')
    } catch (cause) {
      throw new RepError(
        'REP_ENVIRONMENT',
        `The lab cannot listen for workers on ${host}:${port}: ${(cause as Error).message}. Choose another --control.`,
        { cause },
      )
    }
    return control
  }

  /** `host:port` for workers. */
  get address(): string {
    const { port } = this.#server.address() as AddressInfo
    const { host } = this.#options
    return `${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  /** All that ever joined, in that order. */
  get workers(): readonly RemoteWorker[] {
    return [...this.#workers.values()]
  }

  /** Partitions of a stage that are assigned to connected workers. */
  assigned(stage: StageName): number {
    let partitions = 0
    for (const worker of this.#sockets.values()) partitions += worker.assigned(stage)
    return partitions
  }

  /** Due time 0 is known, on this host's clock. */
  begin(originUs: number): void {
    this.#measuredFromUs = originUs + this.#options.plan.scenario.warmupMs * 1e3
  }

  /** Tells every worker to settle and go; resolves when all have, or have had their time. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const socket of this.#sockets.keys()) socket.write(frameOf(FRAME.stop, Buffer.alloc(0)))
    const untilUs = nowUs() + SETTLE_MS * 1e3
    while ([...this.#sockets.values()].some(({ left }) => !left) && nowUs() < untilUs) await sleep(10)
  }

  async close(): Promise<void> {
    this.#stopping = true
    for (const socket of this.#sockets.keys()) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    let worker: RemoteWorker | null = null
    const reader = new FrameReader((kind, body) => {
      if (worker === null) worker = this.#meet(socket, kind, body)
      else if (kind === FRAME.told) {
        const before = worker.left
        socket.write(ackFrame(worker.take(body), nowUs()))
        if (worker.left && !before) this.#options.log(`${worker.name} left`)
      }
    })
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk)
      } catch (error) {
        this.#options.log(`a worker said what no worker says: ${(error as Error).message}`)
        socket.destroy()
      }
    })
    // Told by 'close', which follows.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (worker !== null && !worker.left) this.#options.log(`${worker.name} is lost`)
    })
  }

  #meet(socket: Socket, kind: number, body: Buffer): RemoteWorker | null {
    const hello = kind === FRAME.hello ? (JSON.parse(body.toString()) as Hello) : null
    const reason = this.#reasonAgainst(hello)
    if (hello === null || reason !== null) {
      socket.end(frameOf(FRAME.refuse, Buffer.from(reason ?? 'it did not say who it is')))
      return null
    }
    const known = this.#workers.get(hello.session)
    const worker = known ?? this.#enrol(hello)
    this.#sockets.set(socket, worker)
    socket.write(jsonFrame(FRAME.welcome, this.#welcome(worker.lastTold)))
    this.#options.log(
      `${worker.name} ${known === undefined ? `joined: ${hello.stages.join(', ')}` : 'is back'}`,
    )
    return worker
  }

  #reasonAgainst(hello: Hello | null): string | null {
    if (hello === null || hello.token !== this.token) return 'it does not know this run'
    if (hello.rep !== repVersion()) return `it is rep ${hello.rep}, the lab is ${repVersion()}`
    return this.#stopping ? 'the run is over' : null
  }

  #enrol(hello: Hello): RemoteWorker {
    const here = hello.host === hostname()
    const { ledger, stack } = this.#options.plan
    const worker = new RemoteWorker({
      hello,
      name: here ? `rep work ${hello.pid}` : `rep work ${hello.pid} on ${hello.host}`,
      ledger,
      recorder: () => new LatencyRecorder(this.#measuredFromUs),
      onFallback: (texts) => {
        if (stack.embedder !== undefined) addFallbackTexts(stack.embedder, texts)
      },
    })
    this.#workers.set(hello.session, worker)
    return worker
  }

  #welcome(lastTold: number): Welcome {
    const { run, plan } = this.#options
    const { stack, scenario, ledger, schemaIds } = plan
    const { embedder } = stack
    return {
      run,
      settings: scenario.pipeline,
      dims: scenario.pipeline.embedder.dims,
      embedder: embedder === undefined ? null : { url: embedder.url, capabilities: embedder.capabilities },
      kafkaClient: stack.kind === 'services' ? stack.kafkaClient : 'platformatic',
      schemaIds,
      streams: ledger.streams.map(({ tag }) => tag),
      boot: bootId(),
      lastTold,
    }
  }
}
