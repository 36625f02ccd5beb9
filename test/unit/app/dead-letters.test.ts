import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  decodeLetter,
  findDeadLetter,
  listDeadLetters,
  replayDeadLetters,
} from '../../../src/app/dead-letters.ts'
import { Home } from '../../../src/app/home.ts'
import { type LeftStack, withLog } from '../../../src/app/left-stack.ts'
import { LOCAL_SCHEMA_IDS } from '../../../src/domain/codec.ts'
import { TOPICS, USER_ACTION } from '../../../src/domain/topics.ts'
import { openEmbeddedStack } from '../../../src/stacks/embedded.ts'
import { appendDeadLetters, deadLetterRecord } from '../../../src/stages/dead-letter.ts'

let root: string
let home: Home

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rep-dlq-'))
  home = new Home(root)
})

const left = (): LeftStack => ({ home, name: 'embedded', kafkaClient: 'platformatic' })

afterEach(() => rm(root, { recursive: true, force: true }))

/** A topic with one good-looking and one undecodable record, the second dead-lettered. */
async function fill(): Promise<void> {
  const stack = await openEmbeddedStack({ dataDir: home.embedded, dims: 4 })
  await stack.log.ensureTopics(TOPICS)
  const record = {
    key: Buffer.from('user-1'),
    value: Buffer.from('not avro'),
    dueUs: 7,
    headers: { a: Buffer.from('b') },
  }
  const { partitions, offsets } = await stack.log.append(USER_ACTION, [record])
  const position = { topic: USER_ACTION, partition: partitions[0]!, offset: offsets[0]! }
  const [stored] = await stack.log.read(position, 1)
  await appendDeadLetters(stack.log, USER_ACTION, [deadLetterRecord(stored!, 'behavior', 'no magic byte')])
  await stack.close()
}

test('letters are listed with their reason, and found by the id that is listed', async () => {
  await fill()
  await withLog(left(), async (log) => {
    const [placed, ...others] = await listDeadLetters(log)
    expect(others).toEqual([])
    expect(placed!.letter).toMatchObject({
      stage: 'behavior',
      reason: 'no magic byte',
      topic: USER_ACTION,
      offset: 0,
    })
    expect((await findDeadLetter(log, placed!.id)).letter.value).toEqual(placed!.letter.value)
    expect(decodeLetter(placed!.letter, LOCAL_SCHEMA_IDS)).toBeNull()
  })
})

test('a replayed letter is in its topic again, key, value, due time and headers as they were', async () => {
  await fill()
  await withLog(left(), async (log) => {
    const letters = await listDeadLetters(log, USER_ACTION)
    expect(await replayDeadLetters(log, letters)).toBe(1)
    const { partition } = letters[0]!.letter
    const [first, second] = await log.read({ topic: USER_ACTION, partition, offset: 0 }, 10)
    for (const field of ['key', 'value', 'dueUs', 'headers'] as const)
      expect(second![field]).toEqual(first![field])
  })
})

test('an unknown letter and an empty stack are said to be so', async () => {
  await expect(withLog(left(), async () => 0)).rejects.toMatchObject({ code: 'REP_NOT_FOUND' })
  await fill()
  await withLog(left(), async (log) => {
    for (const id of ['user.action.v1.dlq/0/99', 'user.action.v1.dlq/77/0', 'nonsense', 'unknown/0/0']) {
      await expect(findDeadLetter(log, id)).rejects.toMatchObject({ code: 'REP_NOT_FOUND' })
    }
  })
})
