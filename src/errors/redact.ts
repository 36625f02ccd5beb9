/** Below this a secret is a word that occurs everywhere: hiding it would leave no message readable. */
const SHORTEST = 4
const HIDDEN = '[secret]'
const secrets = new Set<string>()
let longestFirst: readonly string[] = []

/** From now on this value never stands in an error of this thread, nor in its encoded forms. */
export function keepSecret(value: string): void {
  if (value.length < SHORTEST || secrets.has(value)) return
  for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]) secrets.add(form)
  longestFirst = [...secrets].sort((a, b) => b.length - a.length)
}

/** The text without the secrets that this thread knows. */
export function redact(text: string): string {
  let shown = text
  for (const secret of longestFirst) if (shown.includes(secret)) shown = shown.replaceAll(secret, HIDDEN)
  return shown
}
