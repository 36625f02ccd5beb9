// What a transaction of the embedded stack's state costs with and without LMDB's write map: 100 users' records of
// 1.6 KB at random and as many documents of 300 B. CPU time, as a ratio from one run. Usage: node test/bench/lmdb-write-map.ts
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'

const ROUNDS = 5
const TRANSACTIONS = 300
const PAIRS = 100
const USERS = 50_000

function cpuUsPerPair(useWritemap: boolean): number {
  const path = mkdtempSync(join(tmpdir(), 'rep-bench-'))
  const root = open<Uint8Array, Uint8Array>({
    path,
    encoding: 'binary',
    keyEncoding: 'binary',
    noSync: true,
    overlappingSync: false,
    useWritemap,
    mapSize: 8 * 2 ** 30,
  })
  const record = Buffer.alloc(1600, 1)
  const document = Buffer.alloc(300, 2)
  let sequence = 0
  const transaction = (): void => {
    for (let i = 0; i < PAIRS; i++) {
      root.putSync(Buffer.from(`user:preference:${Math.floor(Math.random() * USERS)}`), record)
      root.putSync(Buffer.from(`document:${String(sequence++).padStart(12, '0')}`), document)
    }
  }
  for (let i = 0; i < TRANSACTIONS; i++) root.transactionSync(transaction)
  const before = process.cpuUsage()
  for (let i = 0; i < TRANSACTIONS; i++) root.transactionSync(transaction)
  const { user, system } = process.cpuUsage(before)
  void root.close().then(() => rmSync(path, { recursive: true, force: true }))
  return (user + system) / (TRANSACTIONS * PAIRS)
}

const rounds = Array.from({ length: ROUNDS }, () => ({
  copied: cpuUsPerPair(false),
  mapped: cpuUsPerPair(true),
}))
const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const copied = median(rounds.map((round) => round.copied))
const mapped = median(rounds.map((round) => round.mapped))
console.log(`CPU µs per record and document, median of ${ROUNDS} rounds`)
console.log(`pages copied out  ${copied.toFixed(1)}`)
console.log(`write map         ${mapped.toFixed(1)}   ratio ${(mapped / copied).toFixed(2)}`)
