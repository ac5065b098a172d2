import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.js';

describe('readConfig', () => {
  it('refuses a provider of ONNX Runtime for TensorFlow.js, and takes what leaves the choice open', () => {
    expect(() => readConfig({ ENGINE: 'tfjs', PROVIDER: 'cuda' })).toThrow(
      expect.objectContaining({
        code: 'bad_config',
        message:
          'PROVIDER=cuda is of ONNX Runtime; with ENGINE=tfjs the package of TensorFlow.js that is installed decides.',
      }),
    );
    expect(readConfig({ ENGINE: 'tfjs' })).toMatchObject({ engine: 'tfjs', provider: 'auto' });
    expect(readConfig({ PROVIDER: 'cuda' })).toMatchObject({ engine: 'onnxruntime', provider: 'cuda' });
  });
});
