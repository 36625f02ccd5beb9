import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import {
  listenersIn,
  portHolder,
  processesOfStack,
  SERVICE_VARIABLE,
  STACK_VARIABLE,
} from '../../../../src/stacks/native/process-table.ts'

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:4A92 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 100 0 0 10 0
   1: 0100007F:4A92 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 777 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0000000000000000 100 0 0 10 0
`

test('only listening sockets of the port count', () => {
  expect(listenersIn(TABLE, 19090)).toEqual([{ inode: '12345', uid: '1000' }])
  expect(listenersIn(TABLE, 80)).toEqual([{ inode: '99', uid: '0' }])
  expect(listenersIn(TABLE, 81)).toEqual([])
})

test.runIf(process.platform === 'linux')('who holds a port is named by process id and command', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  try {
    expect(portHolder(port)).toMatch(new RegExp(`^process ${process.pid}, .*node`))
  } finally {
    server.close()
  }
  await once(server, 'close')
  expect(portHolder(port)).toBeNull()
})

test.runIf(process.platform === 'linux')(
  'services are found by their mark, whoever started them',
  async () => {
    const directory = `/rep-test/${process.pid}/stacks/native`
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      env: { [STACK_VARIABLE]: directory, [SERVICE_VARIABLE]: 'kafka' },
      stdio: 'ignore',
    })
    await once(child, 'spawn')
    try {
      expect(processesOfStack(directory)).toEqual([{ pid: child.pid, service: 'kafka' }])
      expect(processesOfStack(`${directory}-2`)).toEqual([])
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(processesOfStack(directory)).toEqual([])
  },
)
