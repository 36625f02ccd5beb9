import { spawn } from 'node:child_process'

const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', linux: 'xdg-open' }

/** Asks the desktop to open a file; false where there is no desktop to ask. */
export function openInBrowser(file: string): Promise<boolean> {
  const opener = OPENERS[process.platform]
  if (opener === undefined) return Promise.resolve(false)
  return new Promise((resolve) => {
    const child = spawn(opener, [file], { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
    child.unref()
  })
}
