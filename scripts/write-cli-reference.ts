/** `npm run docs:cli`: writes docs/cli.md from the commands. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../src/config/package-root.ts'
import { cliReference } from './cli-reference.ts'
import { commandTable } from './command-table.ts'

writeFileSync(join(packageRoot(), 'docs/cli.md'), cliReference(await commandTable()))
