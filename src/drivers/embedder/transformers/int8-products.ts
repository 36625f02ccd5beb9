import { int8Products, type Weight } from './int8-weights.ts'
import {
  MICROSOFT,
  type NewNode,
  ONNX_TYPE,
  type OnnxNode,
  type OnnxTensor,
  readOnnx,
  replaceNodes,
} from './onnx-model.ts'

/** What stands for rows in int8: the values plus 128, and the scale of each row. */
interface Quantised {
  readonly values: string
  readonly scales: string
}

const LARGEST = 127
/** Above 0, so that a row of zeros has a scale too. */
const LEAST = 1e-12
const ZERO_POINT = 128
/** Since when ReduceMax takes its axes as an input. */
const AXES_INPUT_OPSET = 18
/**
 * The model with such products computed in int8: the weights as they stand in the file, with their own scales, by
 * inputs that are quantised when they are there, each token's row with a scale of its own. All but attention's values.
 */
export function withInt8Products(model: Uint8Array): Uint8Array {
  const graph = readOnnx(model)
  const rewriter = new ProductRewriter(graph.opset)
  const nodes = new Map<number, readonly NewNode[]>()
  for (const [at, weight] of int8Products(graph)) nodes.set(at, rewriter.product(graph.nodes[at]!, weight))
  return replaceNodes(model, { nodes, tensors: rewriter.tensors })
}

/** Names of what all products have in common. */
type Constants = Readonly<Record<'largest' | 'step' | 'least' | 'one' | 'zero' | 'axes', string>>

class ProductRewriter {
  readonly tensors: OnnxTensor[] = []
  readonly #quantised = new Map<string, Quantised>()
  readonly #opset: number
  #count = 0
  #constants: Constants | null = null

  constructor(opset: number) {
    this.#opset = opset
  }

  /** What stands for `MatMul(x, weight)`: int8 products, summed in int32, times both scales. */
  product({ inputs, outputs }: OnnxNode, { values, scales }: Weight): NewNode[] {
    const x = inputs[0]!
    const nodes: NewNode[] = []
    const rows = this.#quantised.get(x) ?? this.#quantise(x, nodes)
    const { one, zero } = this.#known()
    const weightScales = this.#tensor(ONNX_TYPE.float, [scales.length / 4], scales)
    const sums = this.#name()
    nodes.push(
      {
        ...{ domain: MICROSOFT, op: 'MatMulIntegerToFloat', outputs: [sums] },
        inputs: [rows.values, values, one, weightScales, zero],
      },
      { domain: '', op: 'Mul', inputs: [sums, rows.scales], outputs },
    )
    return nodes
  }

  /** Only once for all products of the same input. */
  #quantise(x: string, nodes: NewNode[]): Quantised {
    const { largest, step, least, one, zero, axes } = this.#known()
    const node = (op: string, inputs: readonly string[], attributes: NewNode['attributes'] = {}): string => {
      const output = this.#name()
      nodes.push({ domain: '', op, inputs, outputs: [output], attributes })
      return output
    }
    const sizes = node('Abs', [x])
    const most =
      this.#opset < AXES_INPUT_OPSET
        ? node('ReduceMax', [sizes], { axes: [-1], keepdims: 1 })
        : node('ReduceMax', [sizes, axes], { keepdims: 1 })
    const bound = node('Max', [most, least])
    const stretched = node('Mul', [x, node('Div', [largest, bound])])
    const values = node('QuantizeLinear', [stretched, one, zero])
    const quantised = { values, scales: node('Mul', [bound, step]) }
    this.#quantised.set(x, quantised)
    return quantised
  }

  #known(): Constants {
    const float = (value: number): string => this.#tensor(ONNX_TYPE.float, [], Float32Array.of(value))
    this.#constants ??= {
      ...{ largest: float(LARGEST), step: float(1 / LARGEST), least: float(LEAST), one: float(1) },
      zero: this.#tensor(ONNX_TYPE.uint8, [], Uint8Array.of(ZERO_POINT)),
      axes: this.#tensor(ONNX_TYPE.int64, [1], BigInt64Array.of(-1n)),
    }
    return this.#constants
  }

  #tensor(type: number, dims: readonly number[], values: ArrayBufferView): string {
    const name = this.#name()
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    this.tensors.push({ name, type, dims, raw })
    return name
  }

  /** No exporter names anything so. */
  #name(): string {
    return `rep:${this.#count++}`
  }
}
