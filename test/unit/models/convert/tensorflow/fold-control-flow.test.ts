import { describe, expect, it } from 'vitest';
import { parseGraphDef } from '../../../../../src/models/convert/tensorflow/graphdef.js';
import { replaceFeeds, foldControlFlow } from '../../../../../src/models/convert/tensorflow/graph-passes.js';
import { floats, graphDef, node, tensor } from '../../../../helpers/graphdef-writer.js';

const feeds = [node('x', 'Placeholder'), node('phase_train', 'Placeholder')];

function fold(nodes: readonly Uint8Array[]): ReturnType<typeof foldControlFlow> {
  return foldControlFlow(replaceFeeds(parseGraphDef(graphDef([...feeds, ...nodes])), 'x', ['phase_train']), 'y');
}

function inputsOf(folded: ReturnType<typeof foldControlFlow>, name: string): unknown {
  return folded.nodes.get(name)?.inputs.map(({ node, port }) => `${node}:${port}`);
}

describe('foldControlFlow', () => {
  it('takes the branch of a false condition', () => {
    const folded = fold([
      node('s', 'Switch', ['x', 'phase_train']),
      node('no', 'Relu', ['s:0']),
      node('yes', 'Tanh', ['s:1']),
      node('m', 'Merge', ['yes', 'no']),
      node('y', 'Neg', ['m']),
    ]);
    expect(inputsOf(folded, 'y')).toEqual(['no:0']);
    expect(inputsOf(folded, 'no')).toEqual(['x:0']);
    expect(folded.nodes.has('yes')).toBe(false);
  });

  it('takes the other branch behind a LogicalNot', () => {
    const folded = fold([
      node('not', 'LogicalNot', ['phase_train']),
      node('s', 'Switch', ['x', 'not']),
      node('no', 'Relu', ['s']),
      node('yes', 'Tanh', ['s:1']),
      node('y', 'Merge', ['yes', 'no']),
    ]);
    expect(folded.output).toEqual({ node: 'yes', port: 0 });
  });

  it('decides a constant that is in the file', () => {
    const yes = { value: { tensor: tensor([], [1], { dtype: 10 }) } };
    const folded = fold([node('c', 'Const', [], yes), node('s', 'Switch', ['x', 'c']), node('y', 'Neg', ['s:1'])]);
    expect(inputsOf(folded, 'y')).toEqual(['x:0']);
  });

  it('knows that a constant belongs to a branch by what has to run before it', () => {
    const folded = fold([
      node('s', 'Switch', ['phase_train', 'phase_train']),
      node('switch_t', 'Identity', ['s:1']),
      node('switch_f', 'Identity', ['s']),
      node('keep_some', 'Const', ['^switch_t'], { value: { tensor: tensor([], [0.8]) } }),
      node('keep_all', 'Const', ['^switch_f'], { value: { tensor: tensor([], [1]) } }),
      node('keep', 'Merge', ['keep_some', 'keep_all']),
      node('y', 'Mul', ['x', 'keep']),
    ]);
    expect(inputsOf(folded, 'y')).toEqual(['x:0', 'keep_all:0']);
  });

  it('decides conditions inside conditions', () => {
    const folded = fold([
      node('outer', 'Switch', ['x', 'phase_train']),
      node('inner', 'Switch', ['outer:1', 'phase_train']),
      node('a', 'Relu', ['inner']),
      node('b', 'Tanh', ['inner:1']),
      node('ab', 'Merge', ['a', 'b']),
      node('y', 'Merge', ['ab', 'outer']),
    ]);
    expect(folded.output).toEqual({ node: 'x', port: 0 });
  });

  it('leaves a condition alone that is not known', () => {
    const folded = fold([floats('c', [], [1]), node('s', 'Switch', ['x', 'c']), node('y', 'Merge', ['s', 's:1'])]);
    expect(inputsOf(folded, 'y')).toEqual(['s:0', 's:1']);
  });
});
