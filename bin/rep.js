#!/usr/bin/env node
// Runs on any Node: no syntax here that Node 18 cannot read. Hands over to the Node that the checkout pins
// (dev dependency `node`) where the system's is too old for rep.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const NEEDED = [22, 19]
const [major, minor] = process.versions.node.split('.').map(Number)
const tooOld = major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])

if (tooOld) {
  const pinned = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
  if (!existsSync(pinned)) {
    console.error(
      `rep needs Node.js ${NEEDED.join('.')} or newer; this is ${process.versions.node}. ` +
        'Install a newer Node.js, or run npm ci in the checkout: it brings its own.',
    )
    process.exit(3)
  }
  const child = spawn(pinned, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' })
  // The terminal sends Ctrl-C to the whole group: the child drains and decides, this shell only waits.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
} else {
  if (!existsSync(new URL('../dist/commands', import.meta.url))) {
    console.error('rep is not built yet: run npm run build (npm ci does it by itself).')
    process.exit(3)
  }
  const { execute } = await import('@oclif/core')
  // What a command still waits for may be nothing that keeps Node alive, such as a slow reader of its output.
  const alive = setInterval(() => undefined, 2 ** 30)
  await execute({ dir: import.meta.url })
  clearInterval(alive)
}
