import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ffmpegArguments } from '../../../src/cameras/capture.js';
import { failureFromOutput } from '../../../src/cameras/camera-failure.js';
import { parseSource } from '../../../src/cameras/source.js';

const OPTIONS = { fps: 10, maxSidePx: 1280, transport: 'auto', pace: 'camera', loop: false } as const;

describe('where pictures come from', () => {
  it('is a stream, of which only scheme, host and port are shown', () => {
    const source = parseSource('rtsp://admin:s3cret@cam.local:8554/user=admin_password=s3cret?token=s3cret');
    expect(source).toMatchObject({ kind: 'stream', shown: 'rtsp://cam.local:8554' });
  });

  it('is a device of Linux, or a file by its whole path', () => {
    expect(parseSource('/dev/video0')).toMatchObject({ kind: 'device', shown: '/dev/video0' });
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
