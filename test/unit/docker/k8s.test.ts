import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { commandTable } from '../../../scripts/command-table.ts'
import { variables } from '../../../src/config/external/external-changes.ts'
import { TOPICS } from '../../../src/domain/topics.ts'
import { BEHAVIOR_GROUP } from '../../../src/stages/behavior/behavior-stage.ts'
import { PREFERENCE_GROUP } from '../../../src/stages/preference/preference-stage.ts'
import { commandFaults, type Known, root } from '../../fixtures/documents.ts'

interface Container {
  readonly image: string
  readonly command?: readonly string[]
  readonly args: readonly string[]
  readonly env?: readonly { readonly name: string }[]
  readonly envFrom?: readonly Record<string, { readonly name: string; readonly optional?: boolean }>[]
  readonly securityContext: { readonly allowPrivilegeEscalation: boolean }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}

interface PodSpec {
  readonly containers: readonly Container[]
  readonly volumes: readonly {
    readonly name: string
    readonly persistentVolumeClaim?: { readonly claimName: string }
  }[]
  readonly securityContext: { readonly runAsNonRoot: boolean }
  readonly restartPolicy?: string
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> }
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: PodSpec
    }
    readonly scaleTargetRef?: { readonly apiVersion: string; readonly kind: string; readonly name: string }
    readonly completionMode?: string
    readonly completions?: number
    readonly parallelism?: number
    readonly triggers?: readonly {
      readonly type: string
      readonly metadata: Readonly<Record<string, string>>
    }[]
    readonly maxReplicaCount?: number
    readonly maxReplicas?: number
  }
}

/** What Kubernetes 1.34 and KEDA 2 call them. */
const API_VERSIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Secret: 'v1',
  PersistentVolumeClaim: 'v1',
  Deployment: 'apps/v1',
  Job: 'batch/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  ScaledObject: 'keda.sh/v1alpha1',
}

const directory = join(root, 'docker/k8s')
const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'))
const manifests = files.flatMap((name) =>
  parseAllDocuments(readFileSync(join(directory, name), 'utf8')).map((document) => {
    expect(document.errors, name).toEqual([])
    return document.toJS() as Manifest
  }),
)
const workloads = manifests.filter(({ spec }) => spec?.template !== undefined)
const named = (kind: string, name: string): Manifest | undefined =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)
const commands = await commandTable()
const known: Known = { commands, scripts: new Set() }

test('every manifest has the version that its kind has, and a name of its own', () => {
  for (const { kind, apiVersion } of manifests) expect(apiVersion, kind).toBe(API_VERSIONS[kind])
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  // Either of the two scalers is applied.
  expect(new Set(names).size).toBe(names.length)
})

test.each(workloads.map((workload) => [workload.metadata.name, workload] as const))(
  '%s: not root, labels match, volumes and configuration exist, its command is one of rep’s',
  (_name, { spec, kind }) => {
    const { metadata, spec: pod } = spec!.template!
    if (spec!.selector !== undefined) expect(metadata.labels).toMatchObject(spec!.selector.matchLabels)
    if (kind === 'Job') expect(pod.restartPolicy).toBe('Never')
    expect(pod.securityContext.runAsNonRoot).toBe(true)
    for (const container of pod.containers) {
      expect(container.securityContext.allowPrivilegeEscalation).toBe(false)
      for (const { name } of container.volumeMounts)
        expect(pod.volumes.map((volume) => volume.name)).toContain(name)
      for (const source of container.envFrom ?? [])
        for (const [reference, { name, optional }] of Object.entries(source))
          expect(
            optional ?? named(reference === 'configMapRef' ? 'ConfigMap' : 'Secret', name) !== undefined,
          ).toBe(true)
      expect(commandFaults(commandOf(container), known)).toEqual([])
    }
    for (const { persistentVolumeClaim: claim } of pod.volumes)
      if (claim !== undefined) expect(named('PersistentVolumeClaim', claim.claimName)).toBeDefined()
  },
)

test('the load’s shards are as many as its pods, each pod another, and all its variables are set', () => {
  const { spec } = named('Job', 'rep-load')!
  const container = spec!.template!.spec.containers[0]!
  const [, shards] = /--shard "\$\(\(JOB_COMPLETION_INDEX \+ 1\)\)\/(\d+)"/.exec(commandOf(container))!
  expect([spec!.completionMode, spec!.completions, spec!.parallelism]).toEqual([
    'Indexed',
    Number(shards),
    Number(shards),
  ])
  const set = new Set(['JOB_COMPLETION_INDEX', ...(container.env ?? []).map(({ name }) => name)])
  for (const [, name] of commandOf(container).matchAll(/\$\{?([A-Z_]+)/g)) expect(set).toContain(name)
})

test('the stack’s addresses are under names that rep reads', () => {
  const read = new Set(variables().map(({ name }) => name))
  for (const { data = {}, stringData = {} } of manifests)
    for (const name of Object.keys({ ...data, ...stringData })) expect(read).toContain(name)
})

test('the scalers mean the workers, and the lag of the groups that rep joins', () => {
  const { data } = named('ConfigMap', 'rep-stack')!
  const prefix = data!.REP_PREFIX!
  const scalers = manifests.filter(({ spec }) => spec?.scaleTargetRef !== undefined)
  expect(scalers).toHaveLength(2)
  for (const { spec } of scalers) {
    const { apiVersion, kind, name } = spec!.scaleTargetRef!
    expect(named(kind, name)?.apiVersion).toBe(apiVersion)
    const partitions = TOPICS.find((topic) => topic.name === 'user.action.v1')!.partitions
    expect(spec!.maxReplicaCount ?? spec!.maxReplicas).toBe(partitions)
  }
  const triggers = named('ScaledObject', 'rep-work')!.spec!.triggers!
  expect(triggers.map(({ metadata }) => metadata.consumerGroup)).toEqual(
    [BEHAVIOR_GROUP, PREFERENCE_GROUP].map((group) => `${prefix}${group}`),
  )
  for (const { type, metadata } of triggers) {
    expect(type).toBe('kafka')
    expect(metadata.topic).toBe(`${prefix}user.action.v1`)
    expect(metadata.bootstrapServers).toBe(data!.REP_KAFKA_BROKERS)
  }
})

test('the image runs as another user than root, and has what rep reads at run time', () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8')
  expect(text).toMatch(/^USER 1000:1000$/m)
  expect(text.match(/^FROM node:24/gm)).toHaveLength(2)
  const { files: shipped } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    files: string[]
  }
  for (const name of shipped.filter((file) => !file.startsWith('docs/')))
    expect(text).toContain(`/build/${name} `)
})

/** As a shell line: `rep …`. */
function commandOf({ command, args }: Container): string {
  return command === undefined ? `rep ${args.join(' ')}` : args.join(' ').replace(/^exec /, '')
}
