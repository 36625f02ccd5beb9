import { expect, test } from 'vitest'
import { withInt8Products } from '../../../../src/drivers/embedder/transformers/int8-products.ts'
import { castsInt8Weights } from '../../../../src/drivers/embedder/transformers/int8-weights.ts'
import { readOnnx } from '../../../../src/drivers/embedder/transformers/onnx-model.ts'
import { Random } from '../../../../src/kernel/random.ts'
import { writeOnnx } from '../../../fixtures/embedder/onnx.ts'
import { randomBert } from '../../../fixtures/embedder/random-bert.ts'

const bert = randomBert(new Random(1, 'int8'), 50)
const model = writeOnnx(bert, 'int8')
/** Query, key, output, up and down of each of two layers; the values stay in float32. */
const PRODUCTS = 10

const opsOf = (bytes: Uint8Array): string[] => readOnnx(bytes).nodes.map(({ op }) => op)
const count = (ops: readonly string[], wanted: string): number => ops.filter((op) => op === wanted).length

test('only a graph that casts int8 weights and multiplies by them has such products', () => {
  expect(castsInt8Weights(model)).toBe(true)
  expect(castsInt8Weights(writeOnnx(bert, 'fp32'))).toBe(false)
})

test('products by weights become int8 but for attention’s values, and inputs are quantised once', () => {
  const [before, after] = [opsOf(model), opsOf(withInt8Products(model))]
  expect(count(after, 'MatMulIntegerToFloat')).toBe(PRODUCTS)
  expect(count(after, 'MatMul')).toBe(count(before, 'MatMul') - PRODUCTS)
  // Query and key share theirs: four a layer.
  expect(count(after, 'QuantizeLinear')).toBe(8)
})

test('weights are used as they stand in the file, and nothing else is touched', () => {
  const [before, after] = [readOnnx(model), readOnnx(withInt8Products(model))]
  for (const [name, tensor] of before.tensors) expect(after.tensors.get(name)).toEqual(tensor)
  const int8 = [...before.tensors.values()].filter(({ type }) => type === 3).map(({ name }) => name)
  const used = after.nodes.flatMap(({ op, inputs }) => (op === 'MatMulIntegerToFloat' ? [inputs[1]!] : []))
  expect(new Set(used).size).toBe(PRODUCTS)
  for (const name of used) expect(int8).toContain(name)
  const kept = before.nodes.filter(({ op }) => op !== 'MatMul')
  expect(after.nodes).toEqual(expect.arrayContaining(kept))
  const values = before.nodes.filter(({ inputs: [x, weight] }) => {
    const sharing = before.nodes.filter(({ op, inputs }) => op === 'MatMul' && inputs[0] === x)
    return sharing.length === 3 && sharing[2]!.inputs[1] === weight
  })
  expect(values.length).toBe(2)
  expect(after.nodes).toEqual(expect.arrayContaining(values))
})

test('bytes that are no model are refused', () => {
  expect(() => castsInt8Weights(new Uint8Array())).toThrow('no graph')
  expect(() => castsInt8Weights(Uint8Array.of(0xff))).toThrow('ends within a number')
})
