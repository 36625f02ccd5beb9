import { existsSync } from 'node:fs'
import { RepError } from '../../errors/rep-error.ts'
import { which } from '../../kernel/probe.ts'
import { artifactsDirectory, NO_MAVEN } from './artifacts.ts'
import { requireJava } from './java.ts'

/** What keeps the native stack from running here, a sentence each; none where it can run. Starts and fetches nothing. */
export async function nativeObstacles(): Promise<readonly string[]> {
  const obstacles: string[] = []
  try {
    await requireJava()
  } catch (error) {
    if (!(error instanceof RepError)) throw error
    obstacles.push(error.message)
  }
  if (!existsSync(artifactsDirectory()) && which('mvn') === null) obstacles.push(NO_MAVEN)
  return obstacles
}
