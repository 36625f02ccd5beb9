import { ONNX_TYPE, type OnnxGraph, type OnnxTensor, readOnnx } from './onnx-model.ts'

/** Int8 weights that a graph casts to float32 and multiplies by their scales before it uses them. */
export interface Weight {
  /** Name of the int8 values: inputs by outputs. */
  readonly values: string
  /** One for all, or one for each output. */
  readonly scales: Uint8Array
}

/** Since when ReduceMax, Max and QuantizeLinear are as they are used here. */
const LEAST_OPSET = 13

/** Whether a graph casts int8 weights to multiply by them in float32. */
export function castsInt8Weights(model: Uint8Array): boolean {
  const graph = readOnnx(model)
  return weightsOf(graph).size > 0
}

/** The weights of each product to be computed in int8, by its place among the nodes: of all but attention's values. */
export function int8Products(graph: OnnxGraph): ReadonlyMap<number, Weight> {
  const weights = weightsOf(graph)
  for (const at of valueProducts(graph, [...weights.keys()])) weights.delete(at)
  return weights
}

/** The weights of each product that could be. */
function weightsOf({ opset, tensors, nodes }: OnnxGraph): Map<number, Weight> {
  const found = new Map<number, Weight>()
  if (opset < LEAST_OPSET) return found
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
  const int8Of = (name: string | undefined): OnnxTensor | undefined => {
    const cast = makers.get(name ?? '')
    const tensor = cast?.op === 'Cast' ? tensors.get(cast.inputs[0] ?? '') : undefined
    return tensor?.type === ONNX_TYPE.int8 && tensor.dims.length === 2 ? tensor : undefined
  }
  for (const [at, { op, domain, inputs }] of nodes.entries()) {
    const scaled = makers.get(inputs[1] ?? '')
    if (op !== 'MatMul' || domain !== '' || scaled?.op !== 'Mul') continue
    const [a, b] = scaled.inputs
    const values = int8Of(a) ?? int8Of(b)
    const scale = tensors.get((int8Of(a) === undefined ? a : b) ?? '')
    if (values === undefined || scale?.raw == null || scale.type !== ONNX_TYPE.float) continue
    if (fits(scale.dims, values.dims[1]!)) found.set(at, { values: values.name, scales: scale.raw })
  }
  return found
}

/**
 * Attention's values, which stay as the file has them: half of the error of MiniLM's vectors came from them alone, and
 * single words were below 0.99 (docs/performance.md). Exporters write query, key and value, which share an input, in
 * this order; where one does not, another of the three stays exact.
 */
function valueProducts({ nodes }: OnnxGraph, products: readonly number[]): number[] {
  const sharing = Map.groupBy(products, (at) => nodes[at]!.inputs[0])
  return [...sharing.values()].flatMap((places) => (places.length === 3 ? [Math.max(...places)] : []))
}

/** One scale, or one for each column; one for each row could not be taken out of the sum. */
function fits(dims: readonly number[], columns: number): boolean {
  return dims.every((dim, i) => dim === 1 || (i === dims.length - 1 && dim === columns))
}
