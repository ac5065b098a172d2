import { randomBytes } from 'node:crypto';
import { newSightingId, type NewSighting, type SightingChange, type SightingFace } from '../../src/history/sighting.js';

export const NOON = new Date('2026-03-01T12:00:00.000Z');
export const minutesAfter = (minutes: number, from = NOON) => new Date(from.getTime() + 60_000 * minutes);
export const daysAfter = (days: number) => minutesAfter(24 * 60 * days);

/** A stranger in front of a door at noon, unless told otherwise. */
export function sightingOf({ at = NOON, ...given }: Partial<NewSighting> & { readonly at?: Date } = {}): NewSighting {
  return {
    id: newSightingId(at),
    source: 'camera',
    camera: 'door',
    person: null,
    last: minutesAfter(1, at),
    looks: 4,
    quality: 0.5,
    distance: 0.75,
    threshold: 1,
    falseMatchRate: 0.01,
    live: { score: 0.9, verdict: 'live', why: null },
    ...given,
  };
}

/** What of a sighting can change. */
export function changeOf(sighting: NewSighting): SightingChange {
  const { last, looks, quality, distance, threshold, falseMatchRate, live } = sighting;
  return { last, looks, quality, distance, threshold, falseMatchRate, live };
}

/** Random bytes, which can be searched for. */
export function faceOf(): SightingFace & { readonly crop: Uint8Array } {
  const vector = Float32Array.from({ length: 128 }, () => Math.random() - 0.5);
  return { embedding: { contract: 'net-1', vector }, crop: new Uint8Array(randomBytes(600)) };
}
