import type { schema } from 'avsc'

type Field = schema.RecordType['fields'][number]

/** Every version of the value of `product.inventory.v1`, oldest first; BACKWARD_TRANSITIVE. */
export const INVENTORY_CHANGE_VERSIONS: readonly schema.AvroSchema[] = [
  inventoryChange([nullable('price', 'double'), nullable('stock', 'int')]),
  inventoryChange([
    nullable('previousPrice', 'double'),
    nullable('price', 'double'),
    nullable('previousStock', 'int'),
    nullable('stock', 'int'),
  ]),
]

function inventoryChange(values: readonly Field[]): schema.RecordType {
  return {
    type: 'record',
    name: 'InventoryChange',
    namespace: 'rep',
    fields: [
      { name: 'traceId', type: 'string', doc: 'UUID; unique to the event' },
      { name: 'productId', type: 'string' },
      { name: 'kind', type: { type: 'enum', name: 'InventoryKind', symbols: ['PRICE', 'STOCK'] } },
      ...values,
      { name: 'timestamp', type: 'long', doc: 'Event time, milliseconds since the epoch' },
    ],
  }
}

function nullable(name: string, type: 'double' | 'int'): Field {
  return { name, type: ['null', type], default: null }
}
