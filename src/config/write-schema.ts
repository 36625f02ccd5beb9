/** `npm run schema`: writes what follows from the schema, scenarios/schema.json and the tables of docs/scenarios.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyTables, scenarioJsonSchema } from './describe-keys.ts'
import { withTables } from './document-keys.ts'
import { packageRoot } from './package-root.ts'

const page = join(packageRoot(), 'docs/scenarios.md')
writeFileSync(join(packageRoot(), 'scenarios/schema.json'), scenarioJsonSchema())
writeFileSync(page, withTables(readFileSync(page, 'utf8'), keyTables()))
