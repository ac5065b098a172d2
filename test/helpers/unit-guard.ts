import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import threads from 'node:worker_threads';
import { vi } from 'vitest';

/** Files of networks: the reference weights beside the checkout, and those that come with face-api. */
const MODEL_FILE =
  /\.(pb|onnx)$|[\\/]det[123]\.npy$|face-api[\\/]model[\\/]|haarcascade\w*\.xml$|shared[\\/]models[\\/]/;

/** Setup of the lane `unit`: what makes a test slow, or dependent on the machine, throws. */
function refuse(action: string): never {
  throw new Error(`A unit test must not ${action}: move this test to test/integration.`);
}

function replace<T extends object>(owner: T, name: keyof T & string, action: string): void {
  owner[name] = (() => refuse(action)) as T[typeof name];
}

function refuseModelFiles<T extends object>(owner: T, name: keyof T & string): void {
  const original = owner[name] as (...args: unknown[]) => unknown;
  owner[name] = ((...args: unknown[]) => {
    if (MODEL_FILE.test(String(args[0])) && !String(args[0]).startsWith(tmpdir())) {
      refuse(`read a network (${String(args[0])})`);
    }
    return original.apply(owner, args);
  }) as T[typeof name];
}

const guarded = Symbol.for('rostro.unitGuard');
if (!(guarded in globalThis)) {
  Object.assign(globalThis, { [guarded]: true });
  for (const name of ['spawn', 'spawnSync', 'fork', 'exec', 'execSync', 'execFile', 'execFileSync'] as const) {
    replace(childProcess, name, 'start a process');
  }
  replace(net.Server.prototype, 'listen', 'start a server');
  replace(threads, 'Worker', 'start a thread');
  for (const name of ['readFile', 'readFileSync', 'open', 'openSync', 'createReadStream'] as const) {
    refuseModelFiles(fs, name);
  }
  for (const name of ['readFile', 'open'] as const) refuseModelFiles(fs.promises, name);
  syncBuiltinESMExports();
}

vi.mock('onnxruntime-node', () => ({ InferenceSession: { create: () => refuse('run a network') }, Tensor: Object }));
vi.mock('@techstark/opencv-js', () => refuse('load OpenCV'));
