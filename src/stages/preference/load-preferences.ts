import { USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { emptyPreference } from '../../domain/preference-fold.ts'
import { decodePreference, type PreferenceRecord, preferenceKey } from '../../domain/preference-record.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Scratch } from '../../kernel/scratch.ts'
import type { Stack } from '../../ports/stack.ts'
import { restorePreference } from './preference-backup.ts'

/** A preference to change, and the version that its key must still have when it is stored. */
export interface LoadedPreference {
  readonly record: PreferenceRecord
  readonly expectedVersion: number | null
}

/** Marks that are read with the preferences, and what they say. */
export interface MarkCheck {
  readonly keys: readonly string[]
  /** True where the store has lost what it had; the values are by position. */
  readonly lost: (values: readonly (Uint8Array | null)[]) => boolean
}

/**
 * Preferences of users, by position: as stored; else as backed up, where they expired; else empty. The
 * vectors lie in `memory` and are the caller's to change, until it is used again. Null where the marks say that the store lost some. Rejects with
 * REP_VECTOR_DIMS where a stored one has other dimensions.
 */
export async function loadPreferences(
  stack: Stack,
  userIds: readonly string[],
  { marks, memory }: { readonly marks: MarkCheck; readonly memory: Scratch },
): Promise<LoadedPreference[] | null> {
  const { dims } = stack.embedder.capabilities
  const length = userIds.length * dims
  const arena = new Float32Array(memory.reserve(4 * length).buffer, 0, length)
  const loaded = new Array<LoadedPreference>(userIds.length)
  const missing: number[] = []
  // The marks come after the records in one call: a store that still has its marks then had its records before.
  const stored = await stack.keyValue.getMany([...userIds.map(preferenceKey), ...marks.keys])
  if (marks.lost(stored.slice(userIds.length))) return null
  for (let i = 0; i < userIds.length; i++) {
    const vector = arena.subarray(i * dims, (i + 1) * dims)
    const bytes = stored[i] ?? null
    if (bytes === null) {
      missing.push(i)
      loaded[i] = { record: emptyPreference(vector.fill(0)), expectedVersion: null }
    } else {
      const record = decodePreference(bytes, vector)
      checkDims(userIds[i]!, record.vector.length, dims)
      loaded[i] = { record, expectedVersion: record.offset + 1 }
    }
  }
  if (missing.length > 0) await restore(stack, userIds, missing, loaded)
  return loaded
}

async function restore(
  stack: Stack,
  userIds: readonly string[],
  missing: readonly number[],
  loaded: LoadedPreference[],
): Promise<void> {
  const items = await stack.vectors.getMany(
    USER_PREFERENCE_INDEX,
    missing.map((i) => userIds[i]!),
  )
  for (const [position, i] of missing.entries()) {
    const item = items[position] ?? null
    if (item === null) continue
    checkDims(userIds[i]!, item.vector.length, stack.embedder.capabilities.dims)
    const record = restorePreference(item, loaded[i]!.record.vector)
    if (record !== null) loaded[i] = { record, expectedVersion: null }
  }
}

function checkDims(userId: string, found: number, dims: number): void {
  if (found === dims) return
  throw new RepError(
    'REP_VECTOR_DIMS',
    `The stored preference of user ${userId} has ${found} dimensions, but the embedder makes ${dims}.`,
  )
}
