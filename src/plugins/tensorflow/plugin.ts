import { pathToFileURL } from 'node:url';
import { threadFile } from '../../shared/thread-file.js';
import type { Plugin } from '../../http/plugin.js';

/** Runs the networks in TensorFlow.js instead of ONNX Runtime. */
export const tensorFlowPlugin: Plugin = {
  engines: { tfjs: { kind: 'plugin', url: pathToFileURL(threadFile('engine', import.meta.url).filename).href } },
};
