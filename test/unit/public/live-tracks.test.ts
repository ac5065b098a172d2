import { describe, expect, it } from 'vitest';
import { overlap, relativeBox } from '../../../public/js/live/boxes.js';
import { Tracks } from '../../../public/js/live/tracks.js';
import type { ServerTrack } from '../../../public/js/live/types.js';

const box = (x: number, y = 0.2, size = 0.2) => ({ x, y, width: size, height: size });
const face = (x: number, nearest = 'Ada', serverTrack: ServerTrack | null = null) => ({
  box: box(x),
  serverTrack,
  name: nearest,
  distance: 0.3,
  falseMatchRate: null,
  nearest,
  runnerUp: null,
  trained: false,
});
const ids = (tracks: Tracks) => tracks.all.map(({ id }) => id);

describe('boxes', () => {
  it('are parts of the picture, whatever its size', () => {
    const part = { x: -0.1, y: 0.25, width: 0.5, height: 0.75 };
    expect(relativeBox({ x: -64, y: 120, width: 320, height: 360 }, { width: 640, height: 480 })).toEqual(part);
    expect(relativeBox({ x: -128, y: 180, width: 640, height: 540 }, { width: 1280, height: 720 })).toEqual(part);
  });

  it.each([
    ['the same', 0, 1],
    ['half of it', 0.1, 1 / 3],
    ['touching', 0.2, 0],
    ['apart', 0.5, 0],
  ])('overlap when they are %s', (_, x, expected) => {
    expect(overlap(box(0), box(x))).toBeCloseTo(expected, 10);
  });
});

describe('tracks', () => {
  it('follow a face from answer to answer and give every new face a new number', () => {
    const tracks = new Tracks();
    tracks.update([face(0.1), face(0.6)], 1000);
    tracks.update([face(0.62), face(0.12), face(0.3)], 1200);
    expect(tracks.all.map(({ id, face: { box } }) => [id, box.x])).toEqual([
      [1, 0.12],
      [2, 0.62],
      [3, 0.3],
    ]);
  });

  it('give a face to the track that it overlaps most, and no track two faces', () => {
    const tracks = new Tracks();
    tracks.update([face(0.1)], 0);
    tracks.update([face(0.15, 'Grace'), face(0.11)], 100);
    expect(tracks.find(1)?.face.box.x).toBe(0.11);
    expect(tracks.find(2)?.face.nearest).toBe('Grace');
  });

  describe('of faces that the server follows', () => {
    const followed = (x: number, number: number, session = 'one') => face(x, 'Ada', { session, number });
    const places = (tracks: Tracks) => tracks.all.map(({ id, face: { box } }) => [id, box.x]);

    it('keep two that cross apart, however far they go from one answer to the next', () => {
      const tracks = new Tracks();
      tracks.update([followed(0.1, 1), followed(0.3, 2)], 0);
      tracks.update([followed(0.3, 1), followed(0.1, 2)], 100);
      expect(places(tracks)).toEqual([
        [1, 0.3],
        [2, 0.1],
      ]);
    });

    it('do not go to another who takes the place', () => {
      const tracks = new Tracks();
      tracks.update([followed(0.1, 1)], 0);
      tracks.update([followed(0.1, 2)], 100);
      expect(ids(tracks)).toEqual([1, 2]);
    });

    it('go on by overlap where one of the answers is of another session or of none', () => {
      const tracks = new Tracks();
      tracks.update([followed(0.1, 1), followed(0.6, 2)], 0);
      tracks.update([face(0.12), face(0.62)], 100);
      tracks.update([followed(0.63, 1, 'two'), followed(0.13, 2, 'two')], 200);
      expect(places(tracks)).toEqual([
        [1, 0.13],
        [2, 0.63],
      ]);
      tracks.update([followed(0.13, 1, 'three'), followed(0.63, 2, 'three')], 300);
      expect(places(tracks)).toEqual([
        [1, 0.13],
        [2, 0.63],
      ]);
    });
  });

  it('keep a face that one quick answer missed, but not for longer than 300 ms', () => {
    const tracks = new Tracks();
    tracks.update([face(0.1)], 0);
    tracks.update([], 300);
    expect(ids(tracks)).toEqual([1]);
    tracks.update([], 301);
    expect(ids(tracks)).toEqual([]);
    tracks.update([face(0.1)], 400);
    expect(ids(tracks)).toEqual([2]);
  });

  it('glide: 63 % of the way in 80 ms, however the time is cut into frames', () => {
    const inOne = new Tracks();
    const inFive = new Tracks();
    for (const tracks of [inOne, inFive]) {
      tracks.update([face(0.1)], 0);
      tracks.update([face(0.2)], 100);
    }
    inOne.glide(80);
    for (let i = 0; i < 5; i++) inFive.glide(16);
    expect(inOne.all[0].box.x).toBeCloseTo(0.1 + 0.1 * (1 - 1 / Math.E), 10);
    expect(inFive.all[0].box.x).toBeCloseTo(inOne.all[0].box.x, 10);
    expect(inOne.all[0].face.box.x).toBe(0.2);
  });

  it('jump where motion is not wanted, and start where the face is', () => {
    const tracks = new Tracks();
    tracks.update([face(0.1)], 0);
    expect(tracks.all[0].box).toEqual(box(0.1));
    tracks.update([face(0.2)], 100);
    tracks.glide(Infinity);
    expect(tracks.all[0].box).toEqual(box(0.2));
  });

  it('are forgotten two seconds after the last answer', () => {
    const tracks = new Tracks();
    tracks.update([face(0.1)], 1000);
    expect(tracks.expire(3000)).toBe(false);
    expect(ids(tracks)).toEqual([1]);
    expect(tracks.expire(3001)).toBe(true);
    expect(ids(tracks)).toEqual([]);
    expect(tracks.expire(4000)).toBe(false);
  });

  it('wait longer for a server that always takes long', () => {
    const tracks = new Tracks();
    tracks.update([face(0.1)], 1000);
    tracks.update([face(0.1)], 2500);
    expect(tracks.expire(2500 + 3 * 1500)).toBe(false);
    expect(tracks.expire(2500 + 3 * 1500 + 1)).toBe(true);
    tracks.update([face(0.1)], 8000);
    expect(tracks.expire(8000 + 3 * 5500)).toBe(false);
  });

  it('find the smallest face under the pointer', () => {
    const tracks = new Tracks();
    tracks.update([{ ...face(0), box: { x: 0, y: 0, width: 1, height: 1 } }, face(0.1)], 0);
    expect(tracks.at(0.15, 0.25).id).toBe(2);
    expect(tracks.at(0.9, 0.9).id).toBe(1);
    expect(tracks.at(1.1, 0.5)).toBeUndefined();
  });
});
