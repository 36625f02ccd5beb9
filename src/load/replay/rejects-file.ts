import { type FileHandle, open } from 'node:fs/promises'
import type { Rejected } from './replay-row.ts'

/** Longer rows are cut. */
const MOST_TEXT_CHARS = 16_384

/** Writes rows that could not be read as JSON lines; the file is made with the first. */
export class RejectsFile {
  readonly #path: string
  #file: FileHandle | null = null
  #lines: string[] = []
  count = 0

  constructor(path: string) {
    this.#path = path
  }

  add({ line, reason, text }: Rejected): void {
    this.count++
    const cut = text.length > MOST_TEXT_CHARS
    const shown = cut ? { text: text.slice(0, MOST_TEXT_CHARS), cut } : { text }
    this.#lines.push(`${JSON.stringify({ line, reason, ...shown })}\n`)
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return
    const text = this.#lines.join('')
    this.#lines = []
    this.#file ??= await open(this.#path, 'w')
    await this.#file.appendFile(text)
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.#file?.close()
    }
  }
}
