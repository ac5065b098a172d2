import { describe, expect, it } from 'vitest';
import { idFor, isAddress, withLogin } from '../../../public/js/cameras/camera-address.js';
import { addedCamera, requireNoFile } from '../../../src/cameras/camera-settings.js';
import { parseSource } from '../../../src/cameras/source.js';

const ADDRESSES = [
  'rtsp://192.168.1.20/stream1',
  'RTSP://cam.example:8554/door?channel=1',
  'rtsps://user:pa#ss@cam/x',
  'http://cam/video.mjpg',
  'https://[fd00::1]:8443/',
  'tcp://10.0.0.1:1234',
  'udp://239.0.0.1:1234',
  '/dev/video0',
  '/dev/v4l/by-id/usb-046d_HD-video-index0',
  '/dev/sda',
  '/etc/passwd',
  'door.mp4',
  'file:///etc/passwd',
  'ftp://cam/x',
  'rtsp://',
  'rtsp:/cam',
  'C:\\door.mp4',
];

describe('the address of a camera', () => {
  it.each(ADDRESSES)('%s is taken by the page as by the server', (address) => {
    const taken = () => requireNoFile(address);
    if (isAddress(address)) expect(taken).not.toThrow();
    else expect(taken).toThrow();
  });

  it.each([
    ['admin', 'secret'],
    ['admin', '12#34/n0?@5:%25 ñ'],
    ['a@b', ''],
    ['', 'only password'],
  ])('gets the login %s, %s as the server reads it', (user, password) => {
    const { input, shown, secrets } = parseSource(withLogin('rtsp://192.168.1.20:8554/x?y=1', user, password));
    const url = new URL(input);
    expect([decodeURIComponent(url.username), decodeURIComponent(url.password)]).toEqual([user, password]);
    expect([shown, url.pathname + url.search]).toEqual(['rtsp://192.168.1.20:8554', '/x?y=1']);
    if (password !== '') expect(secrets).toContain(password);
  });

  it('stays as it is without a login', () => {
    for (const address of ADDRESSES) expect(withLogin(address, '', '')).toBe(address);
  });
});

describe('the id of a camera', () => {
  it.each([
    ['Front door', 'front-door'],
    ['  Cámara Nº 1! ', 'camara-no-1'],
    ['玄関', 'camera'],
    ['x'.repeat(100), 'x'.repeat(46)],
  ])('of %s is %s, and another one where that is taken', (name, id) => {
    expect(idFor(name, [])).toBe(id);
    const others = [id, `${id}-2`];
    expect(idFor(name, others)).toBe(`${id}-3`);
    for (const made of [id, `${id}-3`]) expect(addedCamera.shape.id.safeParse(made).success).toBe(true);
  });
});
