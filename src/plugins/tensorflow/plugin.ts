import { pathToFileURL } from 'node:url';
import { threadFile } from '../../shared/thread-file.js';
import type { Plugin } from '../../http/plugin.js';

/** Runs the networks in TensorFlow.js instead of ONNX Runtime. */
export const tensorFlowPlugin: Plugin<{ readonly compute: { readonly engine: string } }> = {
  name: 'tensorflow',
  isOn: ({ compute }) => compute.engine === 'tfjs',
  engines: { tfjs: { kind: 'plugin', url: pathToFileURL(threadFile('engine', import.meta.url).filename).href } },
};
