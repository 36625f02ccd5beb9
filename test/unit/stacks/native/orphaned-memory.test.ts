import { expect, test } from 'vitest'
import { memoryIn, usersOf } from '../../../../src/stacks/native/orphaned-memory.ts'

const PID_FILE = `22155
/data
1795296235
28107

127.0.0.1
 24129536     84487
ready
`
const TABLE = `       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime        rss       swap
  24129536      84487   600                    56 22155 22155      6   101   104   101   104          0          0          0       4096          0
  24129537      84488   600                    56 22156 22156      0   101   104   101   104          0          0          0       4096          0
`

test('the memory of a server is found by its pid file, and who still uses it', () => {
  expect(memoryIn(PID_FILE)).toBe('84487')
  expect(usersOf(TABLE, '84487')).toBe(6)
  expect(usersOf(TABLE, '84488')).toBe(0)
})

test('without a pid file, a line of it, a table or a row of it nothing is in use', () => {
  for (const text of ['', '1\n2\n']) expect(memoryIn(text)).toBeNull()
  for (const table of ['', TABLE]) expect(usersOf(table, '1')).toBe(0)
})
