import { badGraph, type GraphDefNode } from '../formats/graphdef.js';
import type { NodeTable } from './nodes-in-order.js';

/** The operator that stands where the network is fed. TensorFlow has none of this name. */
export const FED = 'Fed';

const FALSE = { type: 'bool', dims: [], content: new Uint8Array(0), listed: [0], repeatedValues: 0 };

/**
 * Feeds a graph as `session.run` does: the named nodes give what they are fed and forget what they were, so whatever
 * led to them (in FaceNet's files a queue of training images) is no longer needed.
 * @param input fed with images: becomes a node of the operator `FED`
 * @param falseConstants fed with false; a name that the graph lacks is passed over, as nothing can depend on it
 * @throws RostroError `bad_model_file` when there is no node called `input`.
 */
export function cutFeeds(nodes: readonly GraphDefNode[], input: string, falseConstants: readonly string[]): NodeTable {
  const table = new Map(nodes.map((node) => [node.name, node]));
  if (!table.has(input)) throw badGraph(`it has no node "${input}"`);
  table.set(input, { name: input, op: FED, inputs: [], controls: [], attributes: new Map() });
  for (const name of falseConstants) {
    if (!table.has(name)) continue;
    table.set(name, { name, op: 'Const', inputs: [], controls: [], attributes: new Map([['value', FALSE]]) });
  }
  return table;
}
