import { LAKE_MARK } from '../../domain/lake/lake-layout.ts'
import { openObjectStore } from '../../drivers/object-store/open-object-store.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Home } from '../home.ts'
import { defaultLake, placeOf } from './lake-place.ts'

/** Which lake a command looks into. */
export interface LakeWish {
  readonly home: Home
  /** The stack whose lake it is, unless a place is given. */
  readonly stack: string
  /** A directory or `s3://bucket/prefix`, with `lake://` before it or not. */
  readonly place?: string | undefined
}

/** Where a lake is: an absolute path, or `s3://bucket/prefix`. */
export function lakePlace({ home, stack, place }: LakeWish): string {
  const given = place?.replace(/^lake:\/\//, '')
  return given === undefined || given === '' ? defaultLake(home, stack) : placeOf(given)
}

/** Opens a lake for `use`. Rejects with REP_NOT_FOUND where there is none. */
export async function withLake<T>(wish: LakeWish, use: (store: ObjectStore) => Promise<T>): Promise<T> {
  return withLakeAt(lakePlace(wish), use)
}

/** The same for a lake whose place is known. */
export async function withLakeAt<T>(place: string, use: (store: ObjectStore) => Promise<T>): Promise<T> {
  const store = await openObjectStore(place)
  try {
    if (!(await isLake(store))) {
      throw new RepError('REP_NOT_FOUND', `There is no lake at ${store.capabilities.place}.`, {
        details: [
          'a run makes one: rep simulate --set pipeline.lake.enabled=true',
          'elsewhere: --lake DIRECTORY or --lake s3://bucket/prefix',
        ],
      })
    }
    return await use(store)
  } finally {
    await store.close()
  }
}

/** A copy of a lake may lack the mark. */
async function isLake(store: ObjectStore): Promise<boolean> {
  if ((await store.head(LAKE_MARK)) !== null) return true
  for await (const page of store.list('event_date=')) return page.length > 0
  return false
}
