import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nativeFiles } from '../../../src/stacks/native/artifacts.ts'
import { parseChecksums } from '../../../src/stacks/native/checksums.ts'

const read = (name: string): string => readFileSync(join(nativeFiles(), name), 'utf8')

test('the list of checksums has the versions that the pom asks for', () => {
  const pom = read('pom.xml')
  const files = [...parseChecksums(read('checksums.sha256')).keys()]
  const kafka = /<kafka\.version>([^<]+)</.exec(pom)?.[1]
  expect(files).toContain(`kafka/kafka_2.13-${kafka}.jar`)
  expect(files).toContain(`kafka/kafka-tools-${kafka}.jar`)
  expect(files.filter((file) => file.startsWith('archives/'))).toEqual([
    'archives/elasticsearch.zip',
    'archives/redis.jar',
    'archives/registry.tar.gz',
  ])
  for (const sum of parseChecksums(read('checksums.sha256')).values()) expect(sum).toMatch(/^[0-9a-f]{64}$/)
})

test('Kafka creates no topic by accident and keeps one copy; Redis keeps no snapshot', () => {
  const kafka = read('kafka.properties').split('\n')
  expect(kafka).toContain('auto.create.topics.enable=false')
  for (const line of kafka.filter((entry) => /replication\.factor=|min\.isr=/.test(entry)))
    expect(line).toMatch(/=1$/)
  expect(read('redis.conf')).toMatch(/^save ""$/m)
})
