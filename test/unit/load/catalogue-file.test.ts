import { expect, test } from 'vitest'
import { loadCatalogueFile } from '../../../src/load/catalogue-file.ts'
import { fileOf, inDirectory } from '../../fixtures/replay/rows.ts'
import { dataTest } from '../../fixtures/shared-data.ts'

const load = (text: string, zipped = false) =>
  inDirectory(async (directory) => loadCatalogueFile(await fileOf(directory, text, { zipped })))

test('the generic columns, in any order, gzip or not', async () => {
  const text =
    'price,name,id,stock,category,description\n9.99,"Kettle, 1 l",k1,5,kitchen,Boils\n0,Cup,c1,0,kitchen,\n'
  for (const zipped of [false, true]) {
    const { products, rejected } = await load(text, zipped)
    expect(rejected).toBe(0)
    expect(products).toEqual([
      { id: 'k1', name: 'Kettle, 1 l', category: 'kitchen', description: 'Boils', price: 9.99, stock: 5 },
      { id: 'c1', name: 'Cup', category: 'kitchen', description: 'Cup', price: 0, stock: 0 },
    ])
  }
})

test('only a name is needed; the rest gets a default', async () => {
  const { products } = await load('name\nKettle\nCup\n')
  expect(products).toEqual([
    {
      id: 'p-000000',
      name: 'Kettle',
      category: 'uncategorised',
      description: 'Kettle',
      price: 0,
      stock: 100,
    },
    { id: 'p-000001', name: 'Cup', category: 'uncategorised', description: 'Cup', price: 0, stock: 100 },
  ])
})

test('JSON lines, keys that only some lines have included', async () => {
  const { products } = await load('{"id":1,"name":"Kettle"}\n{"id":2,"name":"Cup","price":3.5,"stock":7}\n')
  expect(products.map(({ id, price, stock }) => [id, price, stock])).toEqual([
    ['1', 0, 100],
    ['2', 3.5, 7],
  ])
})

test('Flipkart’s columns: category tree, discounted price, brand', async () => {
  const tree = '"[""Home >> Kitchen & Dining >> Kettles >> Bolt Kettle""]"'
  const { products, rejected, firstRejects } = await load(
    `uniq_id,product_name,product_category_tree,retail_price,discounted_price,description,brand\n` +
      `a1,Kettle,${tree},100,80.5,Boils water,Bolt\n` +
      `a2,Cup,"[""Cups""]"x,,,,\n` +
      `a3,Cup,"[""Cups""]",50,,,\n`,
  )
  expect(products).toEqual([
    {
      id: 'a1',
      name: 'Kettle',
      category: 'Home > Kitchen & Dining',
      description: 'Boils water Bolt',
      price: 80.5,
      stock: 100,
    },
    { id: 'a3', name: 'Cup', category: 'Cups', description: 'Cup', price: 50, stock: 100 },
  ])
  expect(rejected).toBe(1)
  expect(firstRejects).toEqual([{ line: 3, reason: 'column 3 goes on after its closing quote' }])
})

test('records that are no product are left out, with line and reason', async () => {
  const { products, rejected, firstRejects } = await load(
    'id,name,price,stock\na,Kettle,1,1\na,Kettle again,1,1\nb,,1,1\nc,Cup,cheap,1\nd,Cup,1,1.5\ne,Cup,1\nf,Cup,1,1\n',
  )
  expect(products.map(({ id }) => id)).toEqual(['a', 'f'])
  expect(rejected).toBe(5)
  expect(firstRejects.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
    '3: a second product a',
    '4: the name is empty',
    '5: the price “cheap” is none',
    '6: the stock “1.5” is none',
    '7: 3 columns, where 4 are expected',
  ])
})

test('a file without a product is an error', async () => {
  await expect(load('id,title\n1,x\n')).rejects.toMatchObject({
    code: 'REP_INPUT',
    message: /no column name/,
  })
  await expect(load('id,name\n1,\n')).rejects.toMatchObject({
    code: 'REP_INPUT',
    details: ['line 2: the name is empty'],
  })
  await expect(load('\n')).rejects.toMatchObject({ code: 'REP_INPUT' })
})

dataTest('flipkart-products-999.csv.gz', 'Flipkart’s products are all read', async (file) => {
  const { products, rejected } = await loadCatalogueFile(file)
  expect([products.length, rejected]).toEqual([999, 0])
  expect(products[0]).toMatchObject({ category: 'Clothing > Women’s Clothing'.replace('’', "'"), price: 379 })
})

dataTest('flipkart-names-20000.csv.gz', 'names without a category are all read', async (file) => {
  const { products, rejected } = await loadCatalogueFile(file)
  expect([products.length, rejected]).toEqual([20_000, 0])
  expect(new Set(products.map(({ category }) => category))).toEqual(new Set(['uncategorised']))
})
