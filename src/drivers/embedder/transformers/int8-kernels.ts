import { readFileSync } from 'node:fs'

/**
 * Whether the fast kernels for int8 sum exactly here. On x64 without VNNI they sum pairs of products in 16 bits,
 * which overflow; ONNX Runtime has exact ones too, which take 1.6 times as long, and does not choose by itself.
 */
export function sumsInt8Exactly(): boolean {
  if (process.arch !== 'x64') return true
  // Elsewhere nothing says what the processor can do.
  return process.platform === 'linux' && hasVnni(readFileSync('/proc/cpuinfo', 'utf8'))
}

/** Of what Linux says of the processors. */
export function hasVnni(cpuinfo: string): boolean {
  return /^flags\s*:.*\bavx(512)?_vnni\b/m.test(cpuinfo)
}
