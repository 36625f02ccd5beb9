import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyOnce, join, openApplier, TOPIC } from '../fixtures/event-log-applier.ts'
import { Member, type Role } from '../fixtures/event-log-processes.ts'

const SESSION_MS = 10_000
let dataDir: string
let members: Member[]

beforeEach(begin)
afterEach(end)

async function begin(): Promise<void> {
  dataDir = await mkdtemp(joinPath(tmpdir(), 'rep-event-log-'))
  members = []
}

async function end(): Promise<void> {
  for (const member of members) await member.kill()
  await rm(dataDir, { recursive: true, force: true })
}

function startProcess(role: Role, sessionMs = SESSION_MS): Member {
  const member = Member.process(dataDir, role, { name: `m${members.length}`, sessionMs })
  members.push(member)
  return member
}

function startThread(role: Role): Member {
  const member = Member.thread(dataDir, role, { name: `t${members.length}`, sessionMs: SESSION_MS })
  members.push(member)
  return member
}

test('whatever was acknowledged is there, and applied exactly once, wherever processes are killed', async () => {
  const kills = fc.array(fc.record({ acks: fc.nat(150), applierToo: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(kills, async (rounds) => {
      let applier = startProcess('apply')
      for (const { acks, applierToo } of rounds) {
        const appender = startProcess('both')
        await appender.told('ack', acks)
        if (applierToo) {
          await applier.kill()
          applier = startProcess('apply')
        }
        await appender.kill()
      }
      await applier.kill()
      await checkAll()
      await end()
      await begin()
    }),
    { numRuns: 3 },
  )
})

// Each process opens the environments while the others write: at that moment LMDB by itself loses a commit now and
// then, which is what the gate of LmdbRoot is for.
test('members in threads and processes apply every record exactly once while they come and go', async () => {
  const appender = startProcess('both')
  await appender.told('ack', 1)
  startThread('apply')
  startThread('apply')
  for (let i = 0; i < 3; i++) startProcess('apply')
  for (const member of members) await member.told('applied', 3)
  await writeFile(joinPath(dataDir, 'stop'), '')
  for (const member of members) await member.left()
  await checkAll()
})

test('a member that hangs and was taken for dead applies nothing of its old batch when it goes on', async () => {
  const sessionMs = 400
  const appender = startProcess('both', sessionMs)
  await appender.told('ack', 200)
  const zombie = startProcess('hang', sessionMs)
  await zombie.told('hangs')
  // Only who took the zombie's partitions can get all that was acknowledged by then.
  await allCommitted(appender)
  await writeFile(joinPath(dataDir, 'go'), '')
  await zombie.told('applied')
  await writeFile(joinPath(dataDir, 'stop'), '')
  for (const member of members) await member.left()
  await checkAll()
})

/** Resolves when every record that the member has acknowledged so far is below the committed offsets. */
async function allCommitted(appender: Member): Promise<void> {
  const acks = appender.lines
    .filter((line) => line.startsWith('ack '))
    .map((line) => line.split(' ').map(Number))
  const { log, environment } = openApplier(dataDir, SESSION_MS)
  await until(async () => {
    const committed = new Map(
      (await log.committed('appliers', TOPIC.name)).map((at) => [at.partition, at.offset]),
    )
    return acks.every(([, , partition, offset]) => (committed.get(partition!) ?? 0) > offset!)
  })
  await log.close()
  await environment.close()
}

/** Applies what is left, then compares log, acknowledgements, effects and committed offsets. */
async function checkAll(): Promise<void> {
  const applier = openApplier(dataDir, SESSION_MS)
  const { log, environment, effects } = applier
  // All may have been killed before one of them created it.
  await log.ensureTopics([TOPIC])
  const consumer = await join(applier)
  const partitions = await log.offsets(TOPIC.name)
  const target = partitions.map((at) => ({ topic: TOPIC.name, partition: at.partition, offset: at.latest }))
  const behind = async () => {
    const committed = new Map(
      (await log.committed('appliers', TOPIC.name)).map((at) => [at.partition, at.offset]),
    )
    return target.some((at) => (committed.get(at.partition) ?? 0) < at.offset)
  }
  await until(async () => (await applyOnce(applier, consumer)) === 0 && !(await behind()))
  const stored = new Map<string, string>()
  for (const { partition, latest } of partitions) {
    const records = await log.read({ topic: TOPIC.name, partition, offset: 0 }, latest)
    expect(records.map((record) => record.offset)).toEqual(records.map((_, i) => i))
    expect(records).toHaveLength(latest)
    for (const { offset, value } of records)
      stored.set(`${partition}/${offset}`, Buffer.from(value).toString())
  }
  const applied = [...effects.getRange()].map(({ key, value }) => [Buffer.from(key).toString(), value[0]])
  await log.close()
  await environment.close()
  expect(new Map(applied as [string, number][])).toEqual(
    new Map([...stored.keys()].map((place) => [place, 1])),
  )
  for (const line of members.flatMap((member) => member.lines.filter((text) => text.startsWith('ack ')))) {
    const [, value, partition, offset] = line.split(' ')
    expect(stored.get(`${partition}/${offset}`)).toBe(value)
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 40_000
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error('The condition was not met in 40 s.')
    await sleep(1)
  }
}
