import { describe, expect, it } from 'vitest';
import { parseGraphDef } from '../../../../../src/models/convert/tensorflow/graphdef.js';
import { nodesInOrder, type NodeTable } from '../../../../../src/models/convert/tensorflow/graph-passes.js';
import { graphDef, node } from '../../../../helpers/graphdef-writer.js';

function tableOf(nodes: readonly Uint8Array[]): NodeTable {
  return new Map(parseGraphDef(graphDef(nodes)).map((parsed) => [parsed.name, parsed]));
}

function order(nodes: readonly Uint8Array[], edges: 'values' | 'all'): string[] {
  return nodesInOrder(tableOf(nodes), 'out', edges).map(({ name }) => name);
}

describe('nodesInOrder', () => {
  const nodes = [
    node('out', 'Add', ['left', 'right', '^first']),
    node('right', 'Relu', ['source']),
    node('left', 'Relu', ['source']),
    node('source', 'Placeholder'),
    node('first', 'NoOp'),
    node('unused', 'Relu', ['out']),
  ];

  it('puts each needed node once, after what it needs', () => {
    expect(order(nodes, 'values')).toEqual(['source', 'left', 'right', 'out']);
  });

  it('can also follow what merely has to run before', () => {
    expect(order(nodes, 'all')).toEqual(['source', 'left', 'right', 'first', 'out']);
  });

  it('finds a circle through any number of nodes without overflowing the stack', () => {
    const length = 30_000;
    const circle = Array.from({ length }, (_, i) => node(`n${i}`, 'Relu', [`n${(i + 1) % length}`]));
    expect(() => order([...circle, node('out', 'Relu', ['n0'])], 'values')).toThrow(
      'not a usable TensorFlow graph: its node "n0" depends on itself',
    );
  });
});
