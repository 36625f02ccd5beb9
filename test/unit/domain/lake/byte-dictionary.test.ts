import { expect, test } from 'vitest'
import { ByteDictionary } from '../../../../src/domain/lake/byte-dictionary.ts'

test('values are numbered as they come, and found again by their bytes wherever they lie', () => {
  const dictionary = new ByteDictionary({ lengths: true })
  expect(['b', 'a', 'b', ''].map((text) => codeOf(dictionary, text))).toEqual([0, 1, 0, 2])
  expect(dictionary.code(Buffer.from('xbx'), 1, 2)).toBe(0)
  expect(dictionary.codeOfText('a')).toBe(1)
  expect(dictionary.plain).toEqual(Buffer.from([1, 0, 0, 0, 98, 1, 0, 0, 0, 97, 0, 0, 0, 0]))
  expect(dictionary.plainOf(1)).toEqual(Buffer.from([1, 0, 0, 0, 97]))
})

test('values that share a hash are told apart', () => {
  const dictionary = new ByteDictionary({ lengths: true })
  // Known collisions of FNV-1a with 32 bits, of the same length and of others.
  const texts = ['declinate', 'macallums', 'costarring', 'liquid']
  for (const _ of [1, 2]) expect(texts.map((text) => codeOf(dictionary, text))).toEqual([0, 1, 2, 3])
})

test('it grows', () => {
  const dictionary = new ByteDictionary({ lengths: true })
  const texts = Array.from({ length: 20_000 }, (_, i) => `text ${i}`)
  for (const _ of [1, 2])
    for (const [i, text] of texts.entries()) if (codeOf(dictionary, text) !== i) expect.fail(text)
  expect(dictionary.count).toBe(20_000)
  expect(dictionary.value(19_999).toString()).toBe('text 19999')
})

test('what is no UTF-8 becomes the text that the codec reads of it', () => {
  const dictionary = new ByteDictionary({ lengths: true })
  const broken = Buffer.from([97, 0xff, 98])
  expect([1, 2].map(() => dictionary.code(broken, 0, 3))).toEqual([0, 0])
  expect(codeOf(dictionary, broken.toString())).toBe(0)
  expect(dictionary.value(0)).toEqual(Buffer.from('a\ufffdb'))
  const bytes = new ByteDictionary({ lengths: false })
  expect(bytes.value(bytes.code(broken, 0, 3))).toEqual(broken)
})

test('values are compared by their bytes', () => {
  const dictionary = new ByteDictionary({ lengths: true })
  // In UTF-16 the last two would come the other way round.
  const ordered = ['', 'a', 'aa', 'b', '\uffff', '😀'].map((text) => codeOf(dictionary, text))
  for (const a of ordered)
    for (const b of ordered) expect(Math.sign(dictionary.compare(a, b))).toBe(Math.sign(a - b))
})

function codeOf(dictionary: ByteDictionary, text: string): number {
  const bytes = Buffer.from(text)
  return dictionary.code(bytes, 0, bytes.length)
}
