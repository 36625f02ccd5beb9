import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { packageRoot } from '../config/package-root.ts'
import type { Migration } from '../drivers/sql/migrate.ts'

/** The migrations that come with rep: one `.sql` file each, in the order of their names. */
export function readMigrations(
  directory = join(packageRoot(), 'docker/postgres/migrations'),
): readonly Migration[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({ name: basename(file, '.sql'), text: readFileSync(join(directory, file), 'utf8') }))
}
