/** Writes docker/native/checksums.sha256 after a change of pom.xml: node src/stacks/native/write-checksums.ts */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchWithMaven, nativeFiles } from './artifacts.ts'
import { checksumsOf } from './checksums.ts'

const out = mkdtempSync(join(tmpdir(), 'rep-native-'))
try {
  await fetchWithMaven(out)
  const lines = [...(await checksumsOf(out))].map(([file, sum]) => `${sum}  ${file}\n`)
  writeFileSync(join(nativeFiles(), 'checksums.sha256'), lines.join(''))
} finally {
  rmSync(out, { recursive: true })
}
