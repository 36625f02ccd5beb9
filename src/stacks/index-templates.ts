import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { packageRoot } from '../config/package-root.ts'
import type { IndexTemplate, IndexTemplates } from '../drivers/elasticsearch-indexes.ts'

/** The mappings of the pipeline's indexes: one file each. */
export function readTemplates(): IndexTemplates {
  const directory = join(packageRoot(), 'docker', 'elasticsearch')
  const templates: Record<string, IndexTemplate> = {}
  for (const file of readdirSync(directory)) {
    if (!file.endsWith('_index.json')) continue
    templates[basename(file, '.json')] = JSON.parse(
      readFileSync(join(directory, file), 'utf8'),
    ) as IndexTemplate
  }
  return templates
}
