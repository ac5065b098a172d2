import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.js';

const refusal = (message: string) => expect.objectContaining({ code: 'bad_config', message }) as Error;

describe('readConfig', () => {
  it('takes the defaults where nothing is set, and an empty string as nothing', () => {
    const config = readConfig({ PORT: ' ', RETENTION_DAYS: '' });
    expect(config).toMatchObject({
      server: { host: '127.0.0.1', port: 5000, open: false, corsOrigins: [], trustProxy: 0 },
      detection: { detector: 'auto', minFacePx: 20, mtcnnThresholds: [0.6, 0.7, 0.7] },
      limits: { maxImageBytes: 20 * 1024 * 1024, maxImagePixels: 50e6, deadlineMs: 30_000, rateLimit: 6000 },
      storage: { dataDir: resolve('.'), stateDir: resolve('.state'), encryptionKeyFiles: [] },
      privacy: { audit: 'changes', retentionDays: undefined },
      mqtt: null,
      tls: null,
    });
  });

  it('is frozen, sections too', () => {
    const config = readConfig({ TLS_CERT: 'cert.pem', TLS_KEY: 'key.pem' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.values(config).filter((section) => !Object.isFrozen(section))).toEqual([]);
  });

  it('names the setting and its value, but not the value of a secret', () => {
    expect(() => readConfig({ MARGIN: '3' })).toThrow(
      refusal('MARGIN=3 is not usable: give a share of the face box such as 38%, or pixels such as 44px'),
    );
    expect(() => readConfig({ MQTT_URL: 'http://me:secret@host' })).toThrow(
      refusal('MQTT_URL is not usable: give the URL of a broker such as mqtt://user:password@host:1883'),
    );
  });

  it('takes a password of the broker as it is, up to the last @', () => {
    const { url } = readConfig({ MQTT_URL: 'mqtt://me:12/3#4?@5@broker:1883' }).mqtt!;
    expect(url).toBe('mqtt://me:12%2F3%234%3F%405@broker:1883');
  });

  it('refuses a provider of ONNX Runtime for TensorFlow.js, and accepts auto', () => {
    expect(() => readConfig({ ENGINE: 'tfjs', PROVIDER: 'cuda' })).toThrow(
      refusal(
        'PROVIDER=cuda is of ONNX Runtime; with ENGINE=tfjs the package of TensorFlow.js that is installed decides.',
      ),
    );
    expect(readConfig({ ENGINE: 'tfjs' }).compute).toMatchObject({ engine: 'tfjs', provider: 'auto' });
    expect(readConfig({ PROVIDER: 'cuda' }).compute).toMatchObject({ engine: 'onnxruntime', provider: 'cuda' });
  });

  it('takes certificate and key together only', () => {
    expect(() => readConfig({ TLS_CERT: 'cert.pem' })).toThrow(
      refusal('TLS_CERT and TLS_KEY go together; one of them is missing.'),
    );
    expect(readConfig({ TLS_CERT: 'cert.pem', TLS_KEY: 'key.pem' }).tls).toEqual({ cert: 'cert.pem', key: 'key.pem' });
    for (const settings of [{ HSTS_DAYS: '365' }, { HSTS_DAYS: '1', HTTPS: '1' }]) {
      expect(() => readConfig(settings)).toThrow(
        refusal('HSTS_DAYS needs a certificate that browsers trust: TLS_CERT and TLS_KEY.'),
      );
    }
    expect(readConfig({ HTTPS: '1' }).tls).toBe('self-signed');
  });

  it('has MQTT with a broker only, and no discovery when it is off', () => {
    expect(readConfig({ MQTT_TOPIC: 'door', MQTT_DISCOVERY: 'off' }).mqtt).toBeNull();
    expect(readConfig({ MQTT_URL: 'mqtt://broker', MQTT_TOPIC: 'door', MQTT_DISCOVERY: 'off' }).mqtt).toEqual({
      url: 'mqtt://broker',
      prefix: 'door',
      discovery: null,
    });
  });
});
