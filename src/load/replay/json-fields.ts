/** The fields of a JSON object as texts, those of nested objects as `outer.inner`; null where it is none. */
export function jsonFields(text: string): Record<string, string> | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (!isObject(value)) return null
  // No prototype: a key such as `constructor` is a key like any other.
  const fields: Record<string, string> = Object.create(null) as Record<string, string>
  collect(value, '', fields)
  return fields
}

function collect(object: Record<string, unknown>, prefix: string, fields: Record<string, string>): void {
  for (const [key, value] of Object.entries(object)) {
    if (isObject(value)) collect(value, `${prefix}${key}.`, fields)
    else
      fields[prefix + key] =
        value === null ? '' : Array.isArray(value) ? JSON.stringify(value) : String(value)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
