import type { ObjectStore } from '../../ports/object-store.ts'
import { DirectoryObjectStore } from './directory.ts'
import type { S3Options } from './s3-options.ts'

/** Opens the object store at a place: `s3://bucket/prefix`, or a directory. */
export async function openObjectStore(place: string, options: S3Options = {}): Promise<ObjectStore> {
  if (!place.startsWith('s3://')) return new DirectoryObjectStore(place)
  // The client takes a while to load: only who needs it waits.
  const { S3ObjectStore } = await import('./s3.ts')
  return new S3ObjectStore(place, options)
}
