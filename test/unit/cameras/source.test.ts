import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ffmpegArguments } from '../../../src/cameras/ffmpeg-arguments.js';
import { failureFromOutput } from '../../../src/cameras/camera-failure.js';
import { parseSource } from '../../../src/cameras/source.js';

const OPTIONS = { fps: 10, maxSidePx: 1280, rotate: 0, transport: 'auto', pace: 'camera', loop: false } as const;

describe('where pictures come from', () => {
  it('is a stream, of which only scheme, host and port are shown', () => {
    const source = parseSource('rtsp://admin:s3cret@cam.local:8554/user=admin_password=s3cret?token=s3cret');
    expect(source).toMatchObject({ kind: 'stream', shown: 'rtsp://cam.local:8554' });
  });

  it('is a device of Linux, or a file by its whole path', () => {
    expect(parseSource('/dev/video0')).toMatchObject({ kind: 'device', shown: '/dev/video0' });
    for (const device of [
      '/dev/v4l/by-id/usb-046d_C920_1F2E-video-index0',
      '/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0',
    ]) {
      expect(parseSource(device)).toMatchObject({ kind: 'device', input: device, shown: device });
      expect(ffmpegArguments(parseSource(device), OPTIONS)).toContain('v4l2');
    }
    expect(parseSource('/dev/v4l/by-id/../../sda')).toMatchObject({ kind: 'file' });
    expect(parseSource('videos/door.mp4')).toMatchObject({
      kind: 'file',
      input: `file:${resolve('videos/door.mp4')}`,
      shown: 'door.mp4',
    });
    expect(parseSource('-i').input).toBe(`file:${resolve('-i')}`);
  });

  it.each(['ftp://u:s3cret@host/x', 'concat:a|b', 'file:///etc/passwd', 'rtsp:///s3cret', 'lavfi:s3cret', ''])(
    'is not %j, and the refusal keeps the rest to itself',
    (text) => {
      const refusal = refusalOf(() => parseSource(text));
      expect(refusal.code).toBe('bad_config');
      expect(refusal.message).not.toContain('s3cret');
    },
  );

  it('lets no stream open files of this machine', () => {
    const allowedFor = (text: string) => {
      const options = ffmpegArguments(parseSource(text), OPTIONS);
      return options[options.indexOf('-protocol_whitelist') + 1].split(',');
    };
    for (const text of ['rtsp://a/b', 'http://a/b.m3u8', 'tcp://a:1']) expect(allowedFor(text)).not.toContain('file');
    expect(allowedFor('a.mp4')).toEqual(['file']);
  });
});

function refusalOf(work: () => unknown): { code?: string; message?: string } {
  try {
    work();
    return {};
  } catch (error) {
    return error as { code: string; message: string };
  }
}

describe('a password of a camera', () => {
  /** As people choose them; long enough that it is not part of a host name by chance. */
  const passwords = fc
    .string({
      unit: fc.constantFrom(...Array.from('abcXYZ0189#/?@:%&=+ []<>"\'\\^`{|}~!$*;,ü€')),
      minLength: 6,
      maxLength: 24,
    })
    .filter((text) => !/^[\w.]*$/.test(text) && !/%[0-9a-f]{2}/i.test(text));
  const hosts = fc.constantFrom('192.168.1.20:554', '192.168.1.20', 'cam.local', 'cam', '[fe80::1]:8554');
  const paths = fc.constantFrom('', '/', '/stream1', '/live/ch0?subtype=1', '/a#b');
  const users = fc.constantFrom('admin', 'john.doe', '');
  const schemes = fc.constantFrom('rtsp', 'rtsps', 'http', 'https');

  it('may contain any character: host and path begin after the last @, and only the host is shown', () => {
    fc.assert(
      fc.property(schemes, users, passwords, hosts, paths, (scheme, user, password, host, path) => {
        const source = parseSource(`${scheme}://${user}:${password}@${host}${path}`);
        expect(source.shown).toBe(`${scheme}://${host}`);
        const { username, password: encoded, pathname, search } = new URL(source.input);
        expect([decodeURIComponent(username), decodeURIComponent(encoded)]).toEqual([user, password]);
        expect(path.startsWith(pathname + search) || pathname === '/').toBe(true);
      }),
    );
  });

  it('is in no failure, wherever ffmpeg prints it', () => {
    fc.assert(
      fc.property(passwords, fc.nat(200), (password, cut) => {
        const source = parseSource(`rtsp://admin:${password}@cam.local/x`);
        const said = ['odd', source.input, password, 'gave', ...source.secrets, `up ${source.input}`].join(' ');
        const { message } = failureFromOutput(said.slice(Math.min(cut, 4)), source);
        expect(message).not.toContain(password);
        expect(message).not.toContain(source.secrets[0]);
      }),
    );
  });

  it.each([
    ['rtsp://cam.local/live@1', 'rtsp://cam.local'],
    ['rtsp://admin:pw@192.168.1.20:554/live@1', 'rtsp://192.168.1.20:554'],
    ['http://192.168.1.20:8080/x?mail=me@example.org', 'http://192.168.1.20:8080'],
    ['rtsp://admin:p%40ss@cam.local/live', 'rtsp://cam.local'],
  ])('is not what is before an @ in the path: %s', (text, shown) => {
    expect(parseSource(text)).toMatchObject({ shown, input: text });
  });
});

describe('why there are no pictures', () => {
  const source = parseSource('rtsp://admin:s3cret@cam.local/live?token=abc');

  it.each([
    ['rtsp://admin:s3cret@cam.local/live?token=abc: Connection refused', 'Nothing listens at this address.'],
    ['[rtsp @ 0x55] method DESCRIBE failed: 401 Unauthorized', 'The user name or password is wrong.'],
    [
      'Failed to resolve hostname cam.local: Name or service not known',
      'The host name of the camera cannot be resolved.',
    ],
    ['pipe: Invalid data found when processing input', 'It sends no video that ffmpeg can read.'],
    [
      '[image2pipe @ 0x5] Application provided invalid, non monotonically increasing dts to muxer in stream 0: 19 >= -60',
      'The camera closed the connection.',
    ],
    ['moov atom not found', 'It sends no video that ffmpeg can read.'],
    ['', 'The camera closed the connection.'],
  ])('is said in a sentence: %s', (said, sentence) => {
    expect(failureFromOutput(said, source).message).toBe(sentence);
  });

  it('never has an address or a password in it, whatever ffmpeg says', () => {
    const said = 'odd: rtsp://admin:s3cret@cam.local/live?token=abc and http://x:s3cret@y/z gave\nup';
    expect(failureFromOutput(said, source)).toEqual({ code: 'other', message: 'ffmpeg: odd: … and … gave up' });
  });
});
