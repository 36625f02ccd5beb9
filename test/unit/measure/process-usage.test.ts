import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kibOf, processUsage, statSeconds, threadCpuSeconds } from '../../../src/measure/process-usage.ts'
import { ResourceWatch } from '../../../src/measure/resources.ts'

function burn(cpuSeconds: number): void {
  const from = process.cpuUsage()
  for (;;) {
    const { user, system } = process.cpuUsage(from)
    if (user + system >= cpuSeconds * 1e6) return
  }
}

test('CPU time of the process and the thread grow with work', () => {
  const before = processUsage()!
  const thread = threadCpuSeconds()
  burn(0.05)
  const after = processUsage()!
  expect(after.cpuSeconds - before.cpuSeconds).toBeGreaterThanOrEqual(0.05)
  expect(after.rssBytes).toBeGreaterThan(1e6)
  if (thread !== null) expect(threadCpuSeconds()!).toBeGreaterThan(thread)
})

test('a watch gives CPU and peak memory of processes, and the threads it is told of', () => {
  const watch = new ResourceWatch([{ name: 'rep' }, { name: 'gone', pid: 2 ** 30 }])
  watch.start()
  burn(0.03)
  const held = Buffer.alloc(64e6, 1)
  const figures = watch.stop([{ name: 'rep/load-0', fromCpuSeconds: 1, toCpuSeconds: 1.5 }])
  expect(held[0]).toBe(1)
  expect(figures.map(({ name, kind }) => [name, kind])).toEqual([
    ['rep', 'process'],
    ['rep/load-0', 'thread'],
  ])
  expect(figures[0]!.cpuSeconds).toBeGreaterThanOrEqual(0.03)
  expect(figures[0]!.peakRssBytes).toBeGreaterThan(64e6)
  expect(figures[1]!.cpuSeconds).toBe(0.5)
})

test.runIf(process.platform === 'linux')('another process is seen by its id, until it is gone', async () => {
  const child = spawn(process.execPath, [
    '-e',
    'process.stdout.write("up"); setInterval(() => undefined, 1000)',
  ])
  try {
    await once(child.stdout, 'data')
    expect(processUsage(child.pid)!.rssBytes).toBeGreaterThan(1e6)
    expect(processUsage(child.pid)!.cpuSeconds).toBeGreaterThan(0)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  expect(processUsage(child.pid)).toBeNull()
})

test.runIf(process.platform === 'linux')(
  'what its children use is its too, also of one that has ended',
  async () => {
    const spin = (ms: number): string =>
      `for (const until = Date.now() + ${ms}; Date.now() < until; ) Math.random()`
    const script = `
    const { spawn, spawnSync } = require('node:child_process')
    spawnSync(process.execPath, ['-e', ${JSON.stringify(spin(400))}])
    spawn(process.execPath, ['-e', ${JSON.stringify(`${spin(400)}; process.stdout.write("up"); setInterval(() => undefined, 1000)`)}], { stdio: 'inherit' })`
    const parent = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    try {
      await once(parent.stdout!, 'data')
      const [child] = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'latin1').split(' ')
      const all = processUsage(parent.pid)!
      const living = processUsage(Number(child))!
      const alone = statSeconds(readFileSync(`/proc/${parent.pid}/stat`, 'latin1'))!
      const ended = all.cpuSeconds - living.cpuSeconds - alone
      // What each of them was busy with; a machine that is busy itself gives them less.
      expect(living.cpuSeconds).toBeGreaterThan(0)
      expect(ended).toBeGreaterThan(0)
      expect(all.rssBytes).toBeGreaterThan(living.anonBytes! + 1e6)
      expect(all.peakRssBytes).toBeNull()
    } finally {
      process.kill(-parent.pid!, 'SIGKILL')
      await once(parent, 'exit')
    }
  },
)

test('the fields of /proc are found behind a name with blanks and brackets', () => {
  expect(statSeconds('7 (a b) c) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0')).toBe(3)
  expect(kibOf('VmHWM:\t    1740 kB\nVmRSS:\t 12 kB\n', 'VmRSS')).toBe(12 * 1024)
  expect(kibOf('VmHWM:\t    1740 kB\n', 'RssAnon')).toBeNull()
})
