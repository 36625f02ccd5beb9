import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../config/package-root.ts'
import { versionIn } from '../kernel/probe.ts'
import type { DoctorCheck } from './doctor/check.ts'
import { checkCpu, checkDataDirectory, checkMemory, checkNode } from './doctor/host-checks.ts'
import { checkJava, checkMaven } from './doctor/java-checks.ts'
import { checkNative, checkPeer } from './doctor/package-checks.ts'
import { checkDocker, checkPostgres, checkRedis } from './doctor/service-checks.ts'
import { Home } from './home.ts'

export type { DoctorCheck } from './doctor/check.ts'

/** What is here, what is missing, what each missing part would unlock. */
export interface DoctorReport {
  readonly rep: string
  readonly platform: string
  /** True when every required part is of use: the embedded stack runs. */
  readonly ready: boolean
  readonly checks: readonly DoctorCheck[]
}

/** Looks at the machine, all checks at the same time, each limited in time. Changes nothing and never rejects for what is missing. */
export async function runDoctor(
  options: { readonly dataDir?: string | undefined } = {},
): Promise<DoctorReport> {
  const { version, engines } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string
    engines: { node: string }
  }
  const checks = await Promise.all([
    checkNode(versionIn(engines.node) ?? '22.19.0'),
    checkNative('lmdb', { title: 'LMDB', unlocks: 'the embedded event log, documents and keys' }),
    checkNative('usearch', { title: 'USearch', unlocks: 'the embedded vector index' }),
    checkDataDirectory(new Home(options.dataDir).root),
    checkCpu(),
    checkMemory(),
    checkDocker(),
    checkJava(),
    checkMaven(),
    checkRedis(),
    checkPostgres(),
    checkPeer('node-rdkafka', {
      title: 'node-rdkafka',
      unlocks: 'the librdkafka client as an event-log driver',
    }),
    checkPeer('@huggingface/transformers', {
      title: 'Transformers.js',
      unlocks: 'embeddings by a model instead of by hashing',
      remedy: 'ONNXRUNTIME_NODE_INSTALL=skip npm i --no-save @huggingface/transformers',
    }),
  ])
  const ready = checks.every(
    ({ need, status }) => need === 'optional' || status === 'found' || status === 'weak',
  )
  return { rep: version, platform: `${process.platform} ${process.arch}`, ready, checks }
}
