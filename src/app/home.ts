import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { RepError } from '../errors/rep-error.ts'

/** Where rep keeps its things: `--data-dir`, else `REP_HOME`, else `.rep` in the working directory. */
export class Home {
  readonly root: string

  constructor(dataDir?: string) {
    this.root = resolve(dataDir || process.env.REP_HOME || '.rep')
  }

  get runs(): string {
    return join(this.root, 'runs')
  }

  /** Data of the embedded stack: of the last run, or of the one under way. */
  get embedded(): string {
    return join(this.root, 'embedded')
  }

  /** Embedding models that rep fetched. */
  get models(): string {
    return join(this.root, 'models')
  }

  /** Vectors of texts that were embedded before. */
  get embeddings(): string {
    return join(this.root, 'embeddings')
  }

  runDirectory(id: string): string {
    return join(this.runs, id)
  }

  /**
   * Takes a stack for one run at a time; returns the release. Throws REP_STACK_BUSY naming the process that
   * holds it. A lock whose process is gone is taken over.
   */
  lock(stack: string): () => void {
    mkdirSync(this.root, { recursive: true })
    const path = join(this.root, `${stack}.lock`)
    for (;;) {
      try {
        const file = openSync(path, 'wx')
        writeSync(file, String(process.pid))
        closeSync(file)
        return () => rmSync(path, { force: true })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        const holder = readHolder(path)
        if (holder !== null && isAlive(holder)) {
          throw new RepError(
            'REP_STACK_BUSY',
            `process ${holder} is using the ${stack} stack of ${this.root}`,
          )
        }
        rmSync(path, { force: true })
      }
    }
  }
}

function readHolder(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
