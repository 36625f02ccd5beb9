import { readFile, writeFile } from 'node:fs/promises'
import type { Product } from '../domain/events.ts'

/** Writes products as JSON lines, for the threads of a run to read. */
export async function writeProducts(file: string, products: readonly Product[]): Promise<void> {
  await writeFile(file, products.map((product) => `${JSON.stringify(product)}\n`).join(''))
}

/** Reads what `writeProducts` wrote. */
export async function readProducts(file: string): Promise<Product[]> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Product)
}
