import { expect, test } from 'vitest'
import { parseAddress } from '../../../src/config/parse-address.ts'

test('hosts, addresses and bracketed IPv6 addresses with a port', () => {
  expect(parseAddress('lab.example:9400')).toEqual({ host: 'lab.example', port: 9400 })
  expect(parseAddress(' 192.0.2.10:0 ')).toEqual({ host: '192.0.2.10', port: 0 })
  expect(parseAddress('[2001:db8::1]:65535')).toEqual({ host: '2001:db8::1', port: 65_535 })
})

test.each(['', 'lab', 'lab:', ':9400', 'lab:65536', 'lab:x', '2001:db8::1:9400', 'a b:1'])(
  '%j is no address',
  (text) => expect(() => parseAddress(text)).toThrow(/is no HOST:PORT/),
)

test.each(['0.0.0.0:9400', '[::]:9400'])('%s cannot be reached by anybody', (text) =>
  expect(() => parseAddress(text)).toThrow(/give the one that others reach/),
)
