/** `npm run schema`: writes what follows from the schemas: scenarios/schema.json, scenarios/rep.schema.json and the tables of docs/scenarios.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyTables, scenarioJsonSchema } from './describe-keys.ts'
import { withTables } from './document-keys.ts'
import { externalJsonSchema } from './external/external-schema.ts'
import { packageRoot } from './package-root.ts'

writeFileSync(join(packageRoot(), 'scenarios/rep.schema.json'), externalJsonSchema())
const page = join(packageRoot(), 'docs/scenarios.md')
writeFileSync(join(packageRoot(), 'scenarios/schema.json'), scenarioJsonSchema())
writeFileSync(page, withTables(readFileSync(page, 'utf8'), keyTables()))
