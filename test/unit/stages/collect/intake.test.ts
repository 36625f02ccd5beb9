import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { COLLECT_BAD, USER_CUSTOM } from '../../../../src/domain/topics.ts'
import type { EventLog } from '../../../../src/ports/event-log.ts'
import type { BadEvent } from '../../../../src/stages/collect/bad-event.ts'
import { type Collected, RECEIVED_HEADER } from '../../../../src/stages/collect/collected.ts'
import { Intake } from '../../../../src/stages/collect/intake.ts'
import { Spool } from '../../../../src/stages/collect/spool.ts'
import { type OutageLog, withOutage } from '../../../fixtures/outage-log.ts'
import { openStageLab, type StageLab } from '../stage-lab.ts'

let lab: StageLab
let log: OutageLog
let directory: string
const lines: string[] = []

beforeEach(async () => {
  lab = await openStageLab()
  log = withOutage(lab.stack.log)
  directory = await mkdtemp(join(tmpdir(), 'rep-spool-'))
  lines.length = 0
})
afterEach(async () => {
  await lab.close()
  await rm(directory, { recursive: true, force: true })
})

const openSpool = (maxBytes = 1e6) =>
  Spool.open({ directory, maxBytes, log: (line) => void lines.push(line) })
const open = async (maxBytes?: number) => {
  const spool = await openSpool(maxBytes)
  return { spool, intake: new Intake({ log, spool, say: (line) => void lines.push(line), ackMs: 300 }) }
}
const one = (text: string, topic: Collected['topic'] = USER_CUSTOM): Collected => ({
  topic,
  key: Buffer.from('u1'),
  value: Buffer.from(text),
  receivedMs: 1_700_000_000_000,
})
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i))

async function stored(source: EventLog, topic = USER_CUSTOM): Promise<string[]> {
  const values: string[] = []
  for (const { partition, earliest, latest } of await source.offsets(topic)) {
    if (latest === earliest) continue
    for (const record of await source.read({ topic, partition, offset: earliest }, 10_000)) {
      values.push(Buffer.from(record.value).toString())
    }
  }
  return values
}

describe('intake', () => {
  test('records are in the log, with the time of their receipt, when the append resolves', async () => {
    const { intake, spool } = await open()
    const results = await Promise.all([
      intake.append([one('a'), one('b')]),
      intake.append([one('bad', COLLECT_BAD), one('c')]),
      intake.append([]),
    ])
    for (const { errors } of results) expect([...errors]).toEqual([])
    expect(await stored(log)).toEqual(['a', 'b', 'c'])
    expect(await stored(log, COLLECT_BAD)).toEqual(['bad'])
    const { partition } = (await log.offsets(USER_CUSTOM)).find(({ latest }) => latest > 0)!
    const [record] = await log.read({ topic: USER_CUSTOM, partition, offset: 0 }, 1)
    expect(Buffer.from(record!.headers![RECEIVED_HEADER]!).toString()).toBe('1700000000000')
    expect(spool.empty).toBe(true)
    await intake.close()
  })

  test('what comes in one turn of the event loop is one append', async () => {
    const sizes: number[] = []
    const counting: EventLog = Object.create(log, {
      append: {
        value: (...args: Parameters<EventLog['append']>) => {
          sizes.push(args[1].length)
          return log.append(...args)
        },
      },
    })
    const intake = new Intake({ log: counting, spool: await openSpool(), say: () => undefined })
    const first = intake.append([one('a')])
    // As the bodies of two requests are read: one callback after the other, microtasks between them.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    await Promise.all([first, intake.append([one('b'), one('c')])])
    await intake.append([one('d')])
    expect(sizes).toEqual([3, 1])
    expect(await stored(log)).toEqual(['a', 'b', 'c', 'd'])
    await intake.close()
  })

  test.each(['down', 'silent'] as const)(
    'while the log is %s, records wait on disk; after it they are in the log, in their order',
    async (state) => {
      const { intake, spool } = await open()
      await intake.append([one('0')])
      log.state = state
      for (const text of range(1, 20)) expect([...(await intake.append([one(text)])).errors]).toEqual([])
      expect(spool.empty).toBe(false)
      expect(await stored(log)).toEqual(['0'])
      log.state = 'up'
      const during = range(20, 60).map((text) => intake.append([one(text)]))
      await Promise.all(during)
      await expect.poll(() => spool.empty, { timeout: 30_000 }).toBe(true)
      await intake.append([one('60')])
      // A try that the log took without an answer may have come twice; the first of each counts.
      expect([...new Set(await stored(log))]).toEqual(range(0, 61))
      expect(lines).toEqual([
        'the event log is down: collected events go to the spool',
        'the spool is empty: collected events go to the event log',
      ])
      expect(await readdir(directory)).toEqual([])
      await intake.close()
    },
  )

  test('what a process left in its spool goes to the log before anything new', async () => {
    const first = await open()
    log.state = 'down'
    await first.intake.append(range(0, 5).map((text) => one(text)))
    await first.intake.close()
    log.state = 'up'
    const second = await open()
    await second.intake.append([one('5')])
    await expect.poll(() => second.spool.empty, { timeout: 30_000 }).toBe(true)
    expect(await stored(log)).toEqual(range(0, 6))
    await second.intake.close()
  })

  test('what the log refuses for good after it was acknowledged becomes a bad event, counted', async () => {
    const { intake, spool } = await open()
    log.state = 'down'
    const large = 'too large '.repeat(30)
    const poison = { ...one('poison'), key: Buffer.from('u7') }
    await intake.append([one('0'), poison, one(large), one('1')])
    log.refuse = (topic, value) => {
      if (topic === USER_CUSTOM && value === 'poison') return 'it is poison'
      return value.includes(large) ? 'it is too large' : null
    }
    log.state = 'up'
    await expect.poll(() => spool.empty, { timeout: 30_000 }).toBe(true)
    expect(await stored(log)).toEqual(['0', '1'])
    const bad = (await stored(log, COLLECT_BAD)).map((text) => JSON.parse(text) as BadEvent)
    const fact = { status: 202, sender: 'spool', receivedAt: '2023-11-14T22:13:20.000Z', topic: USER_CUSTOM }
    const reason = 'the event log refused it after it had been taken: '
    expect(bad).toEqual([
      expect.objectContaining({ ...fact, key: 'u7', body: 'poison', reason: `${reason}it is poison` }),
      // Its whole value is too large there as well: length and hash stand for it.
      expect.objectContaining({ ...fact, key: 'u1', bodyBytes: 300, reason: `${reason}it is too large` }),
    ])
    expect(bad[1]).not.toHaveProperty('body')
    expect(intake.counts).toEqual({ refused: 2 })
    expect(lines).toContain('the event log refused 2 spooled events (it is poison); bad events hold them')
    await intake.close()
  })

  test('a full spool says so for each record, retryable, and takes again when it has room', async () => {
    const { intake, spool } = await open(500)
    log.state = 'down'
    expect([...(await intake.append([one('fits')])).errors]).toEqual([])
    const { errors } = await intake.append([one('x'.repeat(300)), one('y'.repeat(300))])
    expect([...errors.keys()]).toEqual([0, 1])
    expect(errors.get(0)).toMatchObject({ code: 'REP_STORE_UNAVAILABLE', retryable: true })
    log.state = 'up'
    await expect.poll(() => spool.empty, { timeout: 30_000 }).toBe(true)
    await intake.append([one('later')])
    expect(await stored(log)).toEqual(['fits', 'later'])
    await intake.close()
  })
})

describe('spool', () => {
  test('a write that a crash cut off is left out, what was acknowledged is not, and the file is kept', async () => {
    const spool = await openSpool()
    await spool.write([one('a'), one('b')])
    await spool.close()
    const [name] = (await readdir(directory)) as [string]
    const whole = await readFile(join(directory, name))
    await writeFile(join(directory, name), Buffer.concat([whole, whole.subarray(0, whole.length / 2 - 3)]))
    const again = await openSpool()
    const oldest = await again.oldest()
    expect(oldest?.records.map(({ value }) => Buffer.from(value).toString())).toEqual(['a', 'b'])
    await again.remove(oldest!)
    expect(again.empty).toBe(true)
    expect(again.bytes).toBe(0)
    expect(await readdir(directory)).toEqual([name.replace('.spool', '.damaged')])
    expect(lines).toEqual([expect.stringContaining('are no whole record; the file is kept')])
  })

  test('records keep topic, key and time of receipt', async () => {
    const spool = await openSpool()
    const record = { ...one('value', COLLECT_BAD), key: Buffer.from('ключ'), receivedMs: 123.5 }
    await spool.write([record])
    const { records } = (await spool.oldest())!
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({ topic: COLLECT_BAD, receivedMs: 123.5 })
    expect(Buffer.from(records[0]!.key)).toEqual(record.key)
    expect(Buffer.from(records[0]!.value)).toEqual(record.value)
    await spool.close()
  })
})
