import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { liveness } from '../events/event.js';

export const SIGHTING_SOURCES = ['camera', 'live'] as const;
export type SightingSource = (typeof SIGHTING_SOURCES)[number];

/**
 * What a user said of a stranger's sighting. `apart`: it was moved out of another stranger, and the two are not merged by
 * themselves. `not_a_face`: it is shown nowhere.
 */
export const STRANGER_MARKS = ['apart', 'not_a_face'] as const;
export type StrangerMark = (typeof STRANGER_MARKS)[number];

/** What was measured of a face while it was seen. */
export const sightingFacts = z.object({
  /** How many times the face was embedded. */
  looks: z.int().min(0),
  /** Of the best look, 0..1. */
  quality: z.number().min(0).max(1).nullable(),
  /** The smallest Euclidean distance to the person; of a stranger, to the nearest person. Null in an empty gallery. */
  distance: z.number().min(0).nullable(),
  threshold: z.number(),
  /** The share of strangers who would come this near; null where that is not known. */
  falseMatchRate: z.number().min(0).max(1).nullable(),
  live: liveness.nullable(),
});
export type SightingFacts = z.infer<typeof sightingFacts>;

/** One person or stranger in front of one camera, from the first look to the last. */
export interface Sighting extends SightingFacts {
  /** Sorts by the time of the first look: {@link newSightingId}. */
  readonly id: string;
  readonly source: SightingSource;
  /** Id of the camera; null for a live session. */
  readonly camera: string | null;
  /** The name that the person has today; null for a stranger. */
  readonly person: string | null;
  /** Which stranger it is; null for a person, and until it was compared with the others. */
  readonly stranger: string | null;
  readonly mark: StrangerMark | null;
  readonly last: Date;
  readonly hasCrop: boolean;
}

export type NewSighting = Omit<Sighting, 'hasCrop' | 'stranger' | 'mark'>;

/** What is needed of a sighting to compare strangers. */
export type StrangerSighting = Pick<Sighting, 'id' | 'stranger' | 'mark' | 'camera' | 'last' | 'quality' | 'hasCrop'>;

/** What changes while a person is in sight. */
export type SightingChange = SightingFacts & Pick<Sighting, 'last'>;

/** The parts of a sighting that are large. */
export interface SightingFace {
  /** Null where the face was never embedded. */
  readonly embedding: {
    /** Embedder that made it: only embeddings of one contract can be compared. */
    readonly contract: string;
    /** The mean of the last looks. */
    readonly vector: Float32Array;
  } | null;
  /** JPEG of the best look; null where the camera keeps no crops. */
  readonly crop: Uint8Array | null;
}

/** All conditions must hold; without any, every sighting is meant. */
export interface SightingFilter {
  /** Name of an enrolled person. */
  readonly person?: string | undefined;
  /** True: only strangers; false: only enrolled people. */
  readonly stranger?: boolean | undefined;
  /** Only of this stranger. */
  readonly strangerId?: string | undefined;
  /** False: without what is not a face. */
  readonly notAFace?: boolean | undefined;
  readonly source?: SightingSource | undefined;
  readonly camera?: string | undefined;
  /** First seen at this time or later. */
  readonly from?: Date | undefined;
  /** First seen before this time. */
  readonly to?: Date | undefined;
  readonly minQuality?: number | undefined;
}

const TIME_DIGITS = 12;
const RANDOM_BYTES = 6;
export const SIGHTING_ID = /^[0-9a-f]{12}-[0-9a-f]{12}$/;

export const STRANGER_ID = /^[0-9a-f]{16}$/;

/** Says nothing of the time, unlike ids of sightings: a stranger's first sighting may be erased. */
export function newStrangerId(): string {
  return randomBytes(8).toString('hex');
}

/** Milliseconds since 1970 as 12 hexadecimal digits, then 12 random ones: ids sort by time. */
export function newSightingId(firstSeen: Date): string {
  return `${timeDigits(firstSeen)}-${randomBytes(RANDOM_BYTES).toString('hex')}`;
}

/** Ids of sightings from this time on are larger, earlier ones smaller. */
export function timeDigits(time: Date): string {
  return Math.max(0, Math.floor(time.getTime())).toString(16).padStart(TIME_DIGITS, '0');
}

export function firstSeen(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, TIME_DIGITS), 16));
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function daysBefore(days: number, time: Date): Date {
  return new Date(time.getTime() - days * DAY_MS);
}
