import { expect, test } from 'vitest'
import { hasVnni } from '../../../../src/drivers/embedder/transformers/int8-kernels.ts'

const cpuinfo = (flags: string): string => `processor\t: 0\nmodel name\t: avx_vnni\nflags\t\t: ${flags}\n`

test.each([
  ['fpu avx2 avx512f avx512_vnni avx512_bitalg', true],
  ['fpu avx2 avx_vnni avx512_bf16', true],
  ['fpu avx2 avx512f avx512bw', false],
  ['fpu avx_vnni_int8', false],
])('VNNI in the flags of a processor: %s', (flags, there) => {
  expect(hasVnni(cpuinfo(flags))).toBe(there)
})
