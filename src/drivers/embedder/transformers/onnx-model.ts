import { ProtoWriter, readProto } from './proto.ts'

/** Element types of ONNX. */
export const ONNX_TYPE = { float: 1, uint8: 2, int8: 3, int64: 7 } as const

/** A constant of a graph. */
export interface OnnxTensor {
  readonly name: string
  readonly type: number
  readonly dims: readonly number[]
  /** Null where the values are elsewhere: in another file, or in another field. */
  readonly raw: Uint8Array | null
}

export interface OnnxNode {
  /** Domain of the operator; empty for ONNX's own. */
  readonly domain: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** What is asked of a model's graph here; the rest of it stays as bytes. */
export interface OnnxGraph {
  /** Version of ONNX's own operators. */
  readonly opset: number
  readonly tensors: ReadonlyMap<string, OnnxTensor>
  readonly nodes: readonly OnnxNode[]
}

/** Fields of the messages in onnx.proto. */
const MODEL = { graph: 7, opsets: 8 }
const GRAPH = { node: 1, tensor: 5 }
const NODE = { input: 1, output: 2, op: 4, attribute: 5, domain: 7 }
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9 }
const OPSET = { domain: 1, version: 2 }
const ATTRIBUTE = { name: 1, int: 3, ints: 8, type: 20 }
const ATTRIBUTE_TYPE = { int: 2, ints: 7 }
/** Operators of ONNX Runtime's own. */
export const MICROSOFT = 'com.microsoft'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** Reads a model's graph. Throws where the bytes are no model. */
export function readOnnx(model: Uint8Array): OnnxGraph {
  let graph: Uint8Array | null = null
  let opset = 1
  for (const { field, bytes } of readProto(model)) {
    if (field === MODEL.graph) graph = bytes
    if (field !== MODEL.opsets) continue
    const { domain, version } = readOpset(bytes)
    if (domain === '') opset = version
  }
  if (graph === null) throw new RangeError('the model has no graph')
  const tensors = new Map<string, OnnxTensor>()
  const nodes: OnnxNode[] = []
  for (const { field, bytes } of readProto(graph)) {
    if (field === GRAPH.node) nodes.push(readNode(bytes))
    if (field !== GRAPH.tensor) continue
    const tensor = readTensor(bytes)
    tensors.set(tensor.name, tensor)
  }
  return { opset, tensors, nodes }
}

function readOpset(message: Uint8Array): { domain: string; version: number } {
  const opset = { domain: '', version: 1 }
  for (const { field, bytes, int } of readProto(message)) {
    if (field === OPSET.domain) opset.domain = text(bytes)
    if (field === OPSET.version) opset.version = int
  }
  return opset
}

function readNode(message: Uint8Array): OnnxNode {
  const node = { domain: '', op: '', inputs: [] as string[], outputs: [] as string[] }
  for (const { field, bytes } of readProto(message)) {
    if (field === NODE.input) node.inputs.push(text(bytes))
    if (field === NODE.output) node.outputs.push(text(bytes))
    if (field === NODE.op) node.op = text(bytes)
    if (field === NODE.domain) node.domain = text(bytes)
  }
  return node
}

function readTensor(message: Uint8Array): OnnxTensor {
  const tensor = { name: '', type: 0, dims: [] as number[], raw: null as Uint8Array | null }
  for (const { field, bytes, int } of readProto(message)) {
    // Some writers pack the dimensions into one field; those are not understood, and fit no weight.
    if (field === TENSOR.dims) tensor.dims.push(bytes.length > 0 ? Number.NaN : int)
    if (field === TENSOR.type) tensor.type = int
    if (field === TENSOR.name) tensor.name = text(bytes)
    if (field === TENSOR.raw) tensor.raw = bytes
  }
  return tensor
}

/** Parts of a graph to be written. */
export interface NewNode extends OnnxNode {
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>
}

export interface Replacement {
  /** By place among the graph's nodes: what stands there instead. */
  readonly nodes: ReadonlyMap<number, readonly NewNode[]>
  readonly tensors: readonly OnnxTensor[]
}

/** The model with some nodes replaced and some constants more; all else is copied byte by byte. */
export function replaceNodes(model: Uint8Array, { nodes, tensors }: Replacement): Uint8Array {
  const to = new ProtoWriter()
  let known = false
  for (const part of readProto(model)) {
    if (part.field === MODEL.opsets) known ||= readOpset(part.bytes).domain === MICROSOFT
    if (part.field === MODEL.graph) to.bytes(MODEL.graph, replaceInGraph(part.bytes, { nodes, tensors }))
    else to.field(part)
  }
  const opset = new ProtoWriter().bytes(OPSET.domain, MICROSOFT).int(OPSET.version, 1)
  return known ? to.finish() : to.bytes(MODEL.opsets, opset).finish()
}

function replaceInGraph(graph: Uint8Array, { nodes, tensors }: Replacement): ProtoWriter {
  const to = new ProtoWriter()
  let at = 0
  for (const part of readProto(graph)) {
    const instead = part.field === GRAPH.node ? nodes.get(at++) : undefined
    if (instead === undefined) to.field(part)
    else for (const node of instead) to.bytes(GRAPH.node, writeNode(node))
  }
  for (const tensor of tensors) to.bytes(GRAPH.tensor, writeTensor(tensor))
  return to
}

function writeNode({ domain, op, inputs, outputs, attributes = {} }: NewNode): ProtoWriter {
  const to = new ProtoWriter()
  for (const input of inputs) to.bytes(NODE.input, input)
  for (const output of outputs) to.bytes(NODE.output, output)
  to.bytes(NODE.op, op)
  for (const [name, value] of Object.entries(attributes)) {
    const one = new ProtoWriter().bytes(ATTRIBUTE.name, name)
    if (typeof value === 'number') one.int(ATTRIBUTE.int, value).int(ATTRIBUTE.type, ATTRIBUTE_TYPE.int)
    else {
      for (const item of value) one.int(ATTRIBUTE.ints, item)
      one.int(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints)
    }
    to.bytes(NODE.attribute, one)
  }
  return to.bytes(NODE.domain, domain)
}

function writeTensor({ name, type, dims, raw }: OnnxTensor): ProtoWriter {
  const to = new ProtoWriter()
  for (const dim of dims) to.int(TENSOR.dims, dim)
  to.int(TENSOR.type, type).bytes(TENSOR.name, name)
  return raw === null ? to : to.bytes(TENSOR.raw, raw)
}
