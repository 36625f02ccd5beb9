import type { Heard } from './partition-clock.ts'

/** How far a partition is: stored after the states that it speaks of. */
export interface FeatureMark {
  readonly watermarkMs: number
  readonly heard: Heard
  /** Number of parts of each minute of `ActiveUsers`. */
  readonly active: readonly (readonly [number, number])[]
}

export function encodeMark({ watermarkMs, heard, active }: FeatureMark): Uint8Array {
  return Buffer.from(JSON.stringify({ w: watermarkMs, h: [heard.watermarkMs, heard.atMs], a: active }))
}

export function decodeMark(bytes: Uint8Array): FeatureMark {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  const { w, h, a } = JSON.parse(text) as { w: number; h: [number, number]; a: [number, number][] }
  return { watermarkMs: w, heard: { watermarkMs: h[0], atMs: h[1] }, active: a }
}
