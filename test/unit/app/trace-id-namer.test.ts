import { expect, test } from 'vitest'
import { traceIdNamer } from '../../../src/app/trace-id-namer.ts'
import { loadScenario } from '../../../src/config/load-scenario.ts'
import { createCodec } from '../../../src/domain/codec.ts'
import { USER_ACTION } from '../../../src/domain/topics.ts'
import { ActionSource } from '../../../src/load/action-source.ts'
import { CanarySource } from '../../../src/load/canary-source.ts'
import { generateCatalogue } from '../../../src/load/catalogue.ts'
import { EventBatch } from '../../../src/load/event-batch.ts'
import { InventorySource } from '../../../src/load/inventory-source.ts'

test('every event is named as it is sent, in any order of asking', async () => {
  const scenario = await loadScenario('flash-sale', { tps: 200, durationMs: 6000, users: 50 }, {})
  const products = generateCatalogue({ ...scenario.catalogue, products: 60 }, scenario.seed)
  const codec = createCodec()
  const nameOf = traceIdNamer(scenario, products)
  for (const source of [
    new ActionSource(scenario, { products }),
    new CanarySource(scenario, { products }),
    new InventorySource(scenario, { products }),
  ]) {
    const batch = new EventBatch(10_000)
    source.fill(batch, 6e6)
    const sent = batch.records.map(({ value }) =>
      source.topic === USER_ACTION ? codec.decodeUserAction(value) : codec.decodeInventoryChange(value),
    )
    expect(sent.length).toBeGreaterThan(5)
    for (const sequence of [4, 1, 5]) expect(nameOf(source.stream, sequence)).toBe(sent[sequence]!.traceId)
  }
})
