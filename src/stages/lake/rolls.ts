import { type LakeRange, parseRollKey, rollKey, rollsPrefix } from '../../domain/lake/lake-layout.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { ObjectStore } from '../../ports/object-store.ts'

/** A roll reaches over no more offsets than this, so that the one around an offset is found by few keys. */
export const MOST_OFFSETS = 10_000_000

/**
 * Agrees on where the roll that begins at `roll.from` ends: whoever is first decides, and everybody cuts like that.
 * Says whether it was this one.
 */
export async function agreeOnRoll(
  store: ObjectStore,
  roll: LakeRange,
): Promise<{ to: number; first: boolean }> {
  const { partition, from, to } = roll
  const key = rollKey(partition, from)
  const text = new TextEncoder().encode(`${JSON.stringify({ to })}\n`)
  if (await store.putIfAbsent(key, text)) return { to, first: true }
  const agreed = await readRoll(store, key)
  if (agreed === null) throw new RepError('REP_STORE_UNAVAILABLE', `${key} was there and is gone.`)
  return { to: agreed.to, first: false }
}

/** The last roll of a partition that begins at or around an offset, or after it; null where there is none. */
export async function lastRoll(
  store: ObjectStore,
  partition: number,
  offset: number,
): Promise<LakeRange | null> {
  let last: string | null = null
  const after = rollKey(partition, Math.max(0, offset - MOST_OFFSETS - 1))
  const options = offset > MOST_OFFSETS ? { after } : {}
  for await (const page of store.list(rollsPrefix(partition), options)) last = page.at(-1)!.key
  return last === null ? null : readRoll(store, last)
}

/** The roll of a key; null where there is no such object. */
async function readRoll(store: ObjectStore, key: string): Promise<LakeRange | null> {
  const place = parseRollKey(key)
  const bytes = await store.get(key)
  if (bytes === null || place === null) return null
  const to = endOf(bytes)
  if (to !== null) return { ...place, to }
  throw new RepError('REP_INPUT', `${store.capabilities.place}: ${key} does not say where a roll ends.`)
}

function endOf(bytes: Uint8Array): number | null {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (typeof value !== 'object' || value === null) return null
  const { to } = value as { to?: unknown }
  return Number.isSafeInteger(to) ? (to as number) : null
}
