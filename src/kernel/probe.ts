import { execFile } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface ProgramOutput {
  readonly ok: boolean
  /** Standard output and standard error together. */
  readonly text: string
  readonly timedOut: boolean
}

export interface ProgramPlace {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a program that should answer at once. Never rejects; a program that takes too long is ended. */
export function run(
  program: string,
  args: readonly string[],
  limitMs: number,
  { cwd, env }: ProgramPlace = {},
): Promise<ProgramOutput> {
  const { promise, resolve } = Promise.withResolvers<ProgramOutput>()
  execFile(
    program,
    args,
    { timeout: limitMs, killSignal: 'SIGKILL', cwd, env, maxBuffer: 16 * 2 ** 20 },
    (error, stdout, stderr) => {
      const text = `${stdout}${stderr}`.trim()
      resolve({
        ok: error === null,
        text: text === '' ? (error?.message ?? '') : text,
        timedOut: error?.killed === true,
      })
    },
  )
  return promise
}

/** Full path of a program on the PATH or in one of the other directories; null where there is none. */
export function which(program: string, elsewhere: readonly string[] = []): string | null {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...elsewhere]
  return (
    directories
      .filter(Boolean)
      .map((directory) => join(directory, program))
      .find(isExecutable) ?? null
  )
}

/** Paths of a directory's entries; none where it cannot be read. */
export function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name))
  } catch {
    // Not there, or not ours to read: either way nothing of use is in it.
    return []
  }
}

/** The first thing that looks like a version in a text. */
export function versionIn(text: string): string | null {
  return /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? null
}

/** True where version `a` is at least `b`, compared number by number. */
export function atLeast(a: string, b: string): boolean {
  const right = b.split('.').map(Number)
  const left = a.split('.').map((part) => Number.parseInt(part, 10))
  for (const [i, wanted] of right.entries()) {
    const given = left[i] ?? 0
    if (given !== wanted) return given > wanted
  }
  return true
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
