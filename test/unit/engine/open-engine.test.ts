import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/open-engine.js';

const ONNX_RUNTIME = { kind: 'onnxruntime', provider: 'cpu' } as const;
const BINDING = '/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node';

function openFailing(message: string, code: string) {
  return openEngine(ONNX_RUNTIME, 1, () => {
    throw Object.assign(new Error(message), { code });
  });
}

describe('ONNX Runtime that does not load', () => {
  it.each([
    `Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by ${BINDING})`,
    `Error loading shared library ld-linux-aarch64.so.1: No such file or directory (needed by ${BINDING})`,
    `Error relocating ${BINDING}: __vsnprintf_chk: symbol not found`,
  ])('on musl needs glibc, or TensorFlow.js: %s', async (message) => {
    await expect(openFailing(message, 'ERR_DLOPEN_FAILED')).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringMatching(/needs glibc.*musl.*ENGINE=tfjs.*tfjs-backend-wasm/) as string,
    });
  });

  it('for another reason says which', async () => {
    const message = `/lib/x86_64-linux-gnu/libstdc++.so.6: version \`GLIBCXX_3.4.30' not found (required by ${BINDING})`;
    await expect(openFailing(message, 'ERR_DLOPEN_FAILED')).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringContaining('GLIBCXX_3.4.30') as string,
    });
  });

  it('is a bug if it was no matter of the system', async () => {
    await expect(openFailing('unexpected', 'ERR_X')).rejects.toThrow('unexpected');
  });
});
