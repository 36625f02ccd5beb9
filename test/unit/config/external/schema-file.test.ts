import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { externalJsonSchema } from '../../../../src/config/external/external-schema.ts'
import { packageRoot } from '../../../../src/config/package-root.ts'

test('scenarios/rep.schema.json is what the schema says; npm run schema writes it', () => {
  expect(readFileSync(join(packageRoot(), 'scenarios/rep.schema.json'), 'utf8')).toBe(externalJsonSchema())
})
