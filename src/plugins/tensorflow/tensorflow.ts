import { createRequire } from 'node:module';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { RostroError } from '../../shared/errors.js';
import { withoutErrorHandlers } from '../../engine/error-handlers.js';

/** The functions of TensorFlow.js; the same in each of its packages for Node.js. */
export type Tf = typeof TensorFlow;
export type TfTensor = TensorFlow.Tensor;
export type TfImages = TensorFlow.Tensor4D;

export interface LoadedTensorFlow {
  readonly tf: Tf;
  /** `tensorflow gpu`, `tensorflow` (the native library on the CPU) or `wasm`. */
  readonly backend: string;
}

interface Package {
  readonly name: string;
  load(require: NodeJS.Require): Promise<Tf>;
}

/** The fastest first. */
const PACKAGES: readonly Package[] = [
  {
    name: '@tensorflow/tfjs-node-gpu',
    load: (require) => Promise.resolve(require('@tensorflow/tfjs-node-gpu') as Tf),
  },
  { name: '@tensorflow/tfjs-node', load: (require) => Promise.resolve(require('@tensorflow/tfjs-node') as Tf) },
  { name: '@tensorflow/tfjs-backend-wasm', load: loadWasm },
];

/**
 * Loads the fastest package of TensorFlow.js that is installed, once a thread.
 * @param require finds the packages
 * @throws RostroError `bad_config` when none is installed, or the one that is does not load
 */
export async function loadTensorFlow(require = createRequire(import.meta.url)): Promise<LoadedTensorFlow> {
  const installed = PACKAGES.find(({ name }) => isInstalled(name, require));
  if (!installed) {
    throw new RostroError(
      'bad_config',
      'ENGINE=tfjs needs TensorFlow.js, which is not installed: "npm install --save-prod" with ' +
        '@tensorflow/tfjs-node-gpu brings it for CUDA, with @tensorflow/tfjs-node for the CPU, and with ' +
        '@tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm without a native library.',
    );
  }
  try {
    const tf = await installed.load(require);
    await tf.ready();
    return { tf, backend: backendOf(tf) };
  } catch (cause) {
    throw unloadable(installed.name, cause);
  }
}

function isInstalled(name: string, require: NodeJS.Require): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * The backend finds its binary beside its script, in worker threads as well. It has one thread: in Node.js its flag
 * WASM_HAS_MULTITHREAD_SUPPORT is always off.
 */
async function loadWasm(require: NodeJS.Require): Promise<Tf> {
  const tf = require('@tensorflow/tfjs-core') as Tf;
  require('@tensorflow/tfjs-backend-wasm');
  const isSet = await withoutErrorHandlers(() => tf.setBackend('wasm'));
  if (!isSet) throw new Error('its WebAssembly does not start');
  return tf;
}

function backendOf(tf: Tf): string {
  const backend = tf.backend() as { readonly isUsingGpuDevice?: boolean };
  return backend.isUsingGpuDevice === true ? `${tf.getBackend()} gpu` : tf.getBackend();
}

function unloadable(name: string, cause: unknown): RostroError {
  const [reason] = String(cause instanceof Error ? cause.message : cause).split('\n');
  const help = name.includes('node')
    ? ` Its install script fetches its native library: "npm run install --prefix node_modules/${name}" runs it.`
    : '';
  return new RostroError(
    'bad_config',
    `ENGINE=tfjs: ${name} is installed but does not load: ${sentence(reason)}${help}`,
    {
      cause,
    },
  );
}

function sentence(text: string): string {
  return text.trim().replace(/\.?$/, '.');
}
