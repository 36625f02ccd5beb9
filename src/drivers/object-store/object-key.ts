import { RepError } from '../../errors/rep-error.ts'

/** The key, as it is; throws REP_INTERNAL for one that no store may hold. */
export function checkedKey(key: string): string {
  const parts = key.split('/')
  if (parts.every((part) => part !== '' && !part.startsWith('.')) && !key.includes('\0')) return key
  throw new RepError('REP_INTERNAL', `“${key}” is no key of an object.`)
}
