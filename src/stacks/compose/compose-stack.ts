import { readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { RepError } from '../../errors/rep-error.ts'
import { probeService } from '../probes/probe-service.ts'
import { portsFrom, resolveSettings, type StackSettings, saveSettings } from '../settings.ts'
import {
  descriptionPath,
  findStackDescription,
  SERVICES,
  type ServiceDescription,
  type ServiceName,
  type StackDescription,
  type StackHome,
  stackDirectory,
  writeStackDescription,
} from '../stack-description.ts'
import { lockStack } from '../stack-lock.ts'
import type { StackDownOptions, StackUp, StackUpOptions } from '../stack-up.ts'
import { ComposeProject, composeFile, composeObstacle } from './docker.ts'

const UP_LIMIT_MS = 20 * 60_000
const HEALTHY_LIMIT_S = 300
const DOWN_LIMIT_MS = 3 * 60_000
const ANSWER_LIMIT_MS = 30_000
const PROBE_LIMIT_MS = 2000

/** Brings the services up in containers, and waits until they are healthy from here too. Does nothing twice. */
export async function upCompose({
  home,
  name,
  settings: given,
  log,
  signal,
}: StackUpOptions): Promise<StackUp> {
  const obstacle = await composeObstacle()
  if (obstacle !== null)
    throw new RepError(
      'REP_ENVIRONMENT',
      `${obstacle} The compose stack needs a Docker engine with the compose plugin; rep up --stack native needs none.`,
    )
  const release = lockStack(stackDirectory(home, name))
  try {
    const settings = resolveSettings(home, name, given)
    const project = new ComposeProject(name, settings)
    const before = await runningServices(project)
    saveSettings(home, name, { kind: 'compose', ...settings })
    log('Starting the containers; images that are not here yet are pulled.')
    await project.run(['up', '--detach', '--wait', '--wait-timeout', String(HEALTHY_LIMIT_S)], UP_LIMIT_MS)
    const description = { ...describe(name, settings), startedAt: startTime(home, name, before) }
    await untilReachable(description, signal)
    writeStackDescription(home, description)
    return { description, started: SERVICES.filter((service) => !before.has(service)) }
  } finally {
    release()
  }
}

/** Removes the containers; with `volumes` the data too. Returns the services that ran. */
export async function downCompose({
  home,
  name,
  volumes,
}: StackDownOptions): Promise<readonly ServiceName[]> {
  const directory = stackDirectory(home, name)
  const release = lockStack(directory)
  try {
    const project = new ComposeProject(name, resolveSettings(home, name, {}))
    const running = await runningServices(project)
    await project.run(['down', '--remove-orphans', ...(volumes ? ['--volumes'] : [])], DOWN_LIMIT_MS)
    rmSync(descriptionPath(home, name), { force: true })
    if (volumes) rmSync(directory, { recursive: true, force: true })
    return SERVICES.filter((service) => running.has(service))
  } finally {
    release()
  }
}

/** Service to version: the tags of the images in the compose file. */
export function imageVersions(): Readonly<Record<ServiceName, string>> {
  const { services } = parse(readFileSync(composeFile(), 'utf8')) as {
    services: Record<ServiceName, { image: string }>
  }
  const version = (service: ServiceName): string => {
    const { image } = services[service]
    return image.slice(image.lastIndexOf(':') + 1)
  }
  return {
    kafka: version('kafka'),
    registry: version('registry'),
    elasticsearch: version('elasticsearch'),
    redis: version('redis'),
    postgres: version('postgres'),
  }
}

async function runningServices(project: ComposeProject): Promise<ReadonlySet<string>> {
  const text = await project.run(['ps', '--services', '--status', 'running'], ANSWER_LIMIT_MS)
  return new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  )
}

function startTime(home: StackHome, name: string, before: ReadonlySet<string>): string {
  const known = SERVICES.every((service) => before.has(service)) ? findStackDescription(home, name) : null
  return known?.startedAt ?? new Date().toISOString()
}

/** The engine calls them healthy; their published ports may need a moment more. */
async function untilReachable(description: StackDescription, signal: AbortSignal): Promise<void> {
  for (const service of SERVICES) {
    for (const until = performance.now() + ANSWER_LIMIT_MS; ; await sleep(200)) {
      signal.throwIfAborted()
      try {
        await probeService(description, service, AbortSignal.timeout(PROBE_LIMIT_MS))
        break
      } catch (cause) {
        if (performance.now() < until) continue
        throw new RepError(
          'REP_ENVIRONMENT',
          `${service} is healthy in its container, but does not answer on ${description.services[service]?.address} (${(cause as Error).message}).`,
          { cause },
        )
      }
    }
  }
}

function describe(name: string, settings: StackSettings): Omit<StackDescription, 'startedAt'> {
  const ports = portsFrom(settings.portBase)
  const versions = imageVersions()
  const service = (name: ServiceName): ServiceDescription => ({
    address: `127.0.0.1:${ports[name]}`,
    version: versions[name],
    pid: null,
    logs: [],
  })
  return {
    name,
    kind: 'compose',
    brokers: [`127.0.0.1:${ports.kafka}`],
    elasticsearch: `http://127.0.0.1:${ports.elasticsearch}`,
    redis: `redis://127.0.0.1:${ports.redis}`,
    registry: `http://127.0.0.1:${ports.registry}`,
    postgres: `postgres://rep@127.0.0.1:${ports.postgres}/rep`,
    services: {
      kafka: service('kafka'),
      registry: service('registry'),
      elasticsearch: service('elasticsearch'),
      redis: service('redis'),
      postgres: service('postgres'),
    },
    settings: { ...settings },
  }
}
