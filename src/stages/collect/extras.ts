/** What a user action has no field for: kept in its properties, as text. */
export class Extras {
  /** Without a prototype, so that a name like `__proto__` is one like any other. */
  readonly properties: Record<string, string> = Object.create(null)

  /** Adds a JSON value: text as it is, null not at all, the rest as JSON. */
  add(name: string, value: unknown): void {
    if (value === null || value === undefined) return
    this.properties[name] = typeof value === 'string' ? value : JSON.stringify(value)
  }
}
