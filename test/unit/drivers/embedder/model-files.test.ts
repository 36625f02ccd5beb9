import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  findCachedModel,
  findModel,
  type ModelChoice,
} from '../../../../src/drivers/embedder/transformers/model-files.ts'
import { modelMissing } from '../../../../src/drivers/embedder/transformers/model-missing.ts'
import { textPrefix } from '../../../../src/drivers/embedder/transformers/text-prefix.ts'
import { writeTinyModel } from '../../../fixtures/embedder/tiny-model.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rep-models-'))
  vi.stubEnv('HF_HOME', join(root, 'hub-home'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

test('finds a model below a root, quantized weights first, and others when asked', () => {
  writeTinyModel(root, 'some/model')
  const found = findModel({ model: 'some/model' }, root)
  expect(found).toMatchObject({ dtype: 'q8', dims: 32, maxTokens: 64, pooling: 'mean' })
  expect(findModel({ model: 'some/model', dtype: 'fp32' }, root)?.dtype).toBe('fp32')
  expect(findModel({ model: 'some/model', dtype: 'fp16' }, root)).toBeNull()
  expect(findModel({ model: 'another' }, root)).toBeNull()
})

test('multiplies in int8 where the weights are, unless told otherwise; elsewhere that is refused', () => {
  writeTinyModel(root, 'm')
  const arithmeticOf = (choice: Omit<ModelChoice, 'model'>) =>
    findModel({ model: 'm', ...choice }, root)?.arithmetic
  expect(arithmeticOf({})).toBe('int8')
  expect(arithmeticOf({ arithmetic: 'file' })).toBe('file')
  expect(arithmeticOf({ dtype: 'fp32' })).toBe('file')
  expect(() => arithmeticOf({ dtype: 'fp32', arithmetic: 'int8' })).toThrow(
    /model\.onnx has no int8 weights that its graph casts to float32/,
  )
})

test('a file of weights that is no model is named', () => {
  writeTinyModel(root, 'm')
  const file = join(root, 'm', 'onnx', 'model_quantized.onnx')
  writeFileSync(file, 'version https://git-lfs.github.com/spec/v1')
  expect(() => findModel({ model: 'm' }, root)).toThrow(file)
})

test('finds a snapshot in the hub’s cache', () => {
  writeTinyModel(join(root, 'hub-home', 'hub', 'models--some--model', 'snapshots'), '0123abcd')
  expect(findModel({ model: 'some/model' }, root)).toBeNull()
  expect(findCachedModel({ model: 'another/model' })).toBeNull()
  expect(findCachedModel({ model: 'some/model' })?.directory).toMatch(/snapshots\/0123abcd$/)
})

test('takes the pooling that stands beside the model', () => {
  writeTinyModel(root, 'm')
  mkdirSync(join(root, 'm', '1_Pooling'))
  writeFileSync(join(root, 'm', '1_Pooling', 'config.json'), '{"pooling_mode_cls_token": true}')
  expect(findModel({ model: 'm' }, root)?.pooling).toBe('cls')
})

test('a file that is no JSON is named', () => {
  writeTinyModel(root, 'm')
  writeFileSync(join(root, 'm', 'config.json'), '{')
  expect(() => findModel({ model: 'm' }, root)).toThrow(join(root, 'm', 'config.json'))
})

test('what is missing is told file by file, with the weights that are there', () => {
  writeTinyModel(root, 'm')
  rmSync(join(root, 'm', 'tokenizer.json'))
  const { code, exit, details } = modelMissing({ model: 'm', dtype: 'q4' }, root, ['It is not on the hub.'])
  expect({ code, exit }).toEqual({ code: 'REP_ENVIRONMENT', exit: 3 })
  expect(details).toEqual([
    'It is not on the hub.',
    `Expected below ${join(root, 'm')}:`,
    '  config.json',
    '  tokenizer.json  (missing)',
    '  tokenizer_config.json',
    '  onnx/model_q4.onnx  (missing)',
    'Weights that are there: --dtype q8, fp32.',
    expect.stringContaining('--model-path'),
  ])
})

test('a model that is not there at all is told with the layout and with those that are', () => {
  writeTinyModel(root, 'owner/m')
  const { message, details } = modelMissing({ model: 'none' }, root, [])
  expect(message).toBe(`There is no complete model none in ${root}.`)
  expect(details).toEqual([
    `Expected below ${join(root, 'none')}:`,
    '  config.json  (missing)',
    '  tokenizer.json  (missing)',
    '  tokenizer_config.json  (missing)',
    '  onnx/model_quantized.onnx  (missing)',
    '  or weights of another precision, e.g. onnx/model.onnx',
    expect.stringContaining('--model-path'),
    'Models that are there: --model owner/m.',
  ])
})

test('E5 models get their prefixes, others none', () => {
  expect(textPrefix('Xenova/multilingual-e5-base', 'query')).toBe('query: ')
  expect(textPrefix('intfloat/e5-small-v2', 'passage')).toBe('passage: ')
  expect(textPrefix('all-MiniLM-L6-v2', 'query')).toBe('')
})
