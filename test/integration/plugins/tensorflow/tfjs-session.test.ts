import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RostroError } from '../../../../src/shared/errors.js';
import { cachedFaceApiModel } from '../../../../src/models/convert/face-api/convert.js';
import { GraphBuilder } from '../../../../src/models/convert/onnx/graph-builder.js';
import type { Engine } from '../../../../src/engine/engine.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { engineSpec } from '../../../../src/app/plugins.js';
import { openEngine } from '../../../../src/engine/open-engine.js';
import { createEngine } from '../../../../src/plugins/tensorflow/engine.js';
import { loadTensorFlow, type Tf } from '../../../../src/plugins/tensorflow/tensorflow.js';
import { randomTensor } from '../../../helpers/engines.js';
import { faceApiModelDir } from '../../../helpers/face-api.js';
import { sharedCacheDir } from '../../../helpers/server.js';

let engine: Engine;
let tf: Tf;
const errorHandlers = () => [process.listeners('uncaughtException'), process.listeners('unhandledRejection')];
const handlersBefore = errorHandlers();
beforeAll(async () => {
  engine = await createEngine();
  ({ tf } = await loadTensorFlow());
});

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(Error);
  return outcome as Error;
}

describe('the engine TensorFlow.js', () => {
  it('runs on the WebAssembly backend where no native package is installed', () => {
    expect([engine.name, engine.provider]).toEqual(['tensorflow.js', 'wasm']);
  });

  it('is the one that ENGINE=tfjs opens', async () => {
    expect(await openEngine(engineSpec('tfjs'), 1)).toMatchObject({ name: 'tensorflow.js', provider: 'wasm' });
  });

  it('leaves the handling of uncaught errors to the process', () => {
    expect(errorHandlers()).toEqual(handlersBefore);
  });
});

describe('a network in TensorFlow.js', () => {
  it('holds no more tensors after a hundred runs than after one, and none after it is disposed of', async () => {
    const before = tf.memory().numTensors;
    const { path } = await cachedFaceApiModel('landmarks68', faceApiModelDir, sharedCacheDir);
    const session = await engine.load(path);
    const feeds = { pixels: randomTensor([1, 3, 112, 112]) };
    await session.run(feeds);
    const afterOne = tf.memory();
    for (let i = 0; i < 100; i++) await session.run(feeds);
    expect(tf.memory().numTensors).toBe(afterOne.numTensors);
    expect(tf.memory().numBytes).toBe(afterOne.numBytes);
    await session.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps nothing of a run that failed, and works the next time', async () => {
    const graph = new GraphBuilder('sum');
    const sum = graph.node('Add', [graph.input('a', ['N']), graph.input('b', ['M'])]);
    graph.output('y', sum, ['K']);
    const session = await engine.load(graph.finish());
    const before = tf.memory().numTensors;
    await failureOf(session.run({ a: randomTensor([2]), b: randomTensor([3]) }));
    expect(tf.memory().numTensors).toBe(before);
    const { y } = await session.run({
      a: { data: Float32Array.of(1, 2), dims: [2] },
      b: { data: Float32Array.of(3, 4), dims: [2] },
    });
    expect([...y.data]).toEqual([4, 6]);
    await session.dispose();
  });

  it('gives answers that the next run does not change', async () => {
    const graph = new GraphBuilder('same');
    graph.output('y', graph.input('x', ['N']), ['N']);
    const session = await engine.load(graph.finish());
    const { y: first } = await session.run({ x: { data: Float32Array.of(1), dims: [1] } });
    const { y: second } = await session.run({ x: { data: Float32Array.of(2), dims: [1] } });
    expect([first.data[0], second.data[0]]).toEqual([1, 2]);
    await session.dispose();
  });

  it('is refused with everything that it needs in vain, before anything runs', async () => {
    const graph = new GraphBuilder('strange');
    const image = graph.input('x', [1, 3, 8, 8]);
    const turned = graph.node('Tan', [graph.node('Tan', [image], {}, 'first')], {}, 'second');
    const kernel = graph.weight('kernel', [3, 3, 3, 3], randomTensor([3, 3, 3, 3]).data);
    const attributes = { strides: { ints: [2, 2] }, dilations: { ints: [2, 2] } };
    const conv = graph.node('Conv', [turned, kernel], attributes, 'conv');
    graph.output('y', graph.node('Pad', [conv, conv], {}, 'pad'), ['N']);
    const before = tf.memory().numTensors;
    const error = await failureOf(engine.load(graph.finish()));
    expect(error).toBeInstanceOf(RostroError);
    expect(error).toMatchObject({
      code: 'unsupported_graph',
      message:
        'TensorFlow.js is not taught to run: Tan (first, second); Conv with strides and dilations (conv); ' +
        'Pad with a computed input 2 (pad)',
      details: {
        operators: [
          { op: 'Tan', nodes: ['first', 'second'] },
          { op: 'Conv with strides and dilations', nodes: ['conv'] },
          { op: 'Pad with a computed input 2', nodes: ['pad'] },
        ],
      },
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('what both engines refuse to be fed', () => {
  const model = () => {
    const graph = new GraphBuilder('relu');
    graph.output('y', graph.node('Relu', [graph.input('x', ['N', 3])]), ['N', 3]);
    return graph.finish();
  };
  const tensor = randomTensor([2, 3]);

  it.each([
    ['nothing', {}, /^the network needs the input "x"$/],
    ['another input', { x: tensor, z: tensor }, /^the network has no input "z"$/],
    ['values that do not fill', { x: { ...tensor, dims: [2, 4] } }, /^input "x": 6 values do not fill \[2, 4\]$/],
    ['another shape', { x: randomTensor([2, 4]) }, /4/],
    ['another number of dimensions', { x: randomTensor([2, 3, 1]) }, /./],
  ])('%s', async (_, feeds, message) => {
    for (const each of [engine, createOnnxRuntime()]) {
      const session = await each.load(model());
      expect((await failureOf(session.run(feeds))).message).toMatch(message);
      expect((await session.run({ x: tensor })).y.dims).toEqual([2, 3]);
      await session.dispose();
    }
  });
});

describe('an installation without TensorFlow.js', () => {
  const dir = mkdtempSync(join(tmpdir(), 'rostro-tfjs-'));
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const require = createRequire(join(dir, 'index.js'));

  it('is told what to install', async () => {
    const error = await failureOf(loadTensorFlow(require));
    expect(error).toMatchObject({ name: 'RostroError', code: 'bad_config' });
    expect(error.message).toMatch(/^ENGINE=tfjs needs TensorFlow\.js, which is not installed: "npm install/);
    for (const name of ['tfjs-node-gpu', 'tfjs-node ', 'tfjs-backend-wasm']) expect(error.message).toContain(name);
  });

  it('is told how to fetch the native library that a package lacks', async () => {
    const folder = join(dir, 'node_modules', '@tensorflow', 'tfjs-node');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.js'), 'throw new Error("no tfjs_binding.node\\nand more");');
    expect(await failureOf(loadTensorFlow(require))).toMatchObject({
      code: 'bad_config',
      message:
        'ENGINE=tfjs: @tensorflow/tfjs-node is installed but does not load: no tfjs_binding.node. Its install script ' +
        'fetches its native library: "npm run install --prefix node_modules/@tensorflow/tfjs-node" runs it.',
    });
  });
});
