import { type EditedNode, type GraphEditor, intAttribute, intOf, isStandard } from './graph-editor.js';

/** Channels of a block of ONNX Runtime's convolutions with AVX-512; 8 with AVX2. */
const BLOCK = 16;

/** Maps that must have the same channels, because only layers that work on each channel lie between them. */
interface Group {
  readonly channels: number;
  /** Ordinary convolutions that compute the maps. */
  readonly makers: ReadonlySet<EditedNode>;
  /** Depthwise convolutions and PRelus between the maps. */
  readonly between: ReadonlySet<EditedNode>;
  /** Ordinary convolutions that read the maps. */
  readonly readers: ReadonlySet<EditedNode>;
}

/**
 * Fills the channels around PRelus up to whole blocks, where only convolutions, PRelus, maximum pools, relus and sums are
 * around them and the channels do not double. The added channels are zero everywhere, and nothing reads them.
 * @param slopes one slope a channel of each PRelu; those of filled channels are replaced
 */
export function padChannels(graph: GraphEditor, slopes: Map<EditedNode, Float32Array>): void {
  const seen = new Set<EditedNode>();
  for (const prelu of [...slopes.keys()]) {
    if (seen.has(prelu)) continue;
    const group = groupAround(graph, prelu.input[0], slopes);
    for (const node of group?.between ?? [prelu]) seen.add(node);
    if (group === null) continue;
    const padded = Math.ceil(group.channels / BLOCK) * BLOCK;
    if (padded !== group.channels && padded <= 2 * group.channels) pad(graph, group, padded, slopes);
  }
}

/** @returns null where other layers work on the maps */
function groupAround(graph: GraphEditor, start: string, slopes: ReadonlyMap<EditedNode, Float32Array>): Group | null {
  const values = new Set([start]);
  const [makers, between, readers] = [new Set<EditedNode>(), new Set<EditedNode>(), new Set<EditedNode>()];
  const sizes = new Set<number>();
  for (const value of values) {
    if (graph.isOutside(value)) return null;
    const maker = graph.makerOf(value);
    if (maker === undefined) return null;
    for (const node of [maker, ...graph.readersOf(value)]) {
      const role = roleOf(graph, node, slopes);
      if (role === null) return null;
      if (role.kind === 'ordinary') {
        (node === maker ? makers : readers).add(node);
        if (node === maker) sizes.add(role.channels);
        continue;
      }
      if (role.channels !== null) {
        between.add(node);
        sizes.add(role.channels);
      }
      for (const other of [...role.maps, node.output[0]]) values.add(other);
    }
  }
  const [channels] = sizes;
  return sizes.size === 1 ? { channels, makers, between, readers } : null;
}

type Role =
  | { readonly kind: 'ordinary'; readonly channels: number }
  /** Works on each channel by itself. `channels` is null for a node without weights. */
  | { readonly kind: 'each'; readonly channels: number | null; readonly maps: readonly string[] };

/** @returns null for nodes that keep channels from being filled */
function roleOf(graph: GraphEditor, node: EditedNode, slopes: ReadonlyMap<EditedNode, Float32Array>): Role | null {
  const { op_type, input, output } = node;
  if (!isStandard(node) || output.length !== 1) return null;
  if (op_type === 'Add' || op_type === 'Relu' || op_type === 'MaxPool')
    return { kind: 'each', channels: null, maps: input };
  const slope = slopes.get(node);
  if (slope !== undefined) return { kind: 'each', channels: slope.length, maps: [input[0]] };
  const weight = graph.weight(input[1]);
  if (op_type !== 'Conv' || weight?.dims.length !== 4) return null;
  if (input.length > 2 && graph.weight(input[2])?.values.length !== weight.dims[0]) return null;
  const group = intOf(node, 'group', 1);
  const [to, from] = weight.dims;
  if (group === 1) return { kind: 'ordinary', channels: to };
  return group === to && from === 1 ? { kind: 'each', channels: to, maps: [input[0]] } : null;
}

function pad(graph: GraphEditor, group: Group, channels: number, slopes: Map<EditedNode, Float32Array>): void {
  const { makers, between, readers } = group;
  for (const node of [...makers, ...between]) {
    const slope = slopes.get(node);
    if (slope === undefined) for (let i = 1; i < node.input.length; i++) padWeight(graph, node, i, 0, channels);
    else slopes.set(node, filled(slope, 1, slope.length, channels));
  }
  for (const node of between) {
    const at = node.attribute.findIndex(({ name }) => name === 'group');
    if (at >= 0) (node.attribute as object[])[at] = intAttribute('group', channels);
  }
  for (const node of readers) padWeight(graph, node, 1, 1, channels);
}

/** Fills one axis of a weight up with zeros. */
function padWeight(graph: GraphEditor, node: EditedNode, input: number, axis: 0 | 1, size: number): void {
  const weight = graph.weight(node.input[input]);
  if (weight === null) return;
  const { dims, values } = weight;
  const rows = axis === 0 ? 1 : dims[0];
  const padded = dims.map((length, i) => (i === axis ? size : length));
  const inner = dims.slice(axis + 1).reduce((product, length) => product * length, 1);
  node.input[input] = graph.addWeight(`${node.input[input]}/${padded.join('x')}`, () => ({
    dims: padded,
    values: filled(values, rows, dims[axis] * inner, size * inner),
  }));
}

/** Appends zeros to each of `rows` rows. */
function filled(values: Float32Array, rows: number, from: number, to: number): Float32Array {
  const result = new Float32Array(rows * to);
  for (let row = 0; row < rows; row++) result.set(values.subarray(row * from, (row + 1) * from), row * to);
  return result;
}
