import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import {
  discardClassifier,
  folderClassifierFile,
  galleryClassifierFile,
  type SeenPeople,
  seenPeople,
} from '../matching/classifiers/classifier-store.js';
import { readState } from '../matching/classifiers/state-file.js';
import type { AuditTrail } from './audit/trail.js';

/** What `writeState` leaves where a stop comes in between. */
const LEFT_OVER = /\.json\.[0-9a-f-]{36}\.tmp$/;

/**
 * Discards the classifier of the gallery where it was trained on somebody, or some example, who is not enrolled: names
 * and coefficients of people must not outlive them in `.state/`, whichever matcher runs.
 * @returns whether there was one
 */
export async function discardStaleClassifier(stateDir: string, enrolled: SeenPeople, vault: Vault): Promise<boolean> {
  const file = galleryClassifierFile(stateDir);
  const trainedOn = await peopleInClassifier(file, vault);
  if (trainedOn === null) return false;
  const there = new Map(enrolled.map(({ name, examples }) => [name, new Set(examples)]));
  const isKnown = ({ name, examples }: SeenPeople[number]) => examples.every((id) => there.get(name)?.has(id));
  if (trainedOn.every(isKnown)) return false;
  await discardClassifier(file);
  return true;
}

/** Files beside the gallery that somebody of that name is in, made of photos in other folders; nothing here erases them. */
export async function namedElsewhere(stateDir: string, name: string, vault: Vault): Promise<string[]> {
  const file = folderClassifierFile(stateDir);
  const people = (await peopleInClassifier(file, vault)) ?? [];
  return people.some((person) => person.name === name) ? [`${basename(stateDir)}/${basename(file)}`] : [];
}

/** Removes half-written files that a stop left in the state folder and its audit folder; for the start. */
export async function removeLeftOvers(...folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) if (LEFT_OVER.test(name)) await rm(join(folder, name), { force: true });
  }
}

export interface StartParts {
  readonly gallery: Pick<Gallery, 'people'>;
  readonly trail: AuditTrail;
  readonly stateDir: string;
  readonly vault: Vault;
  readonly auditFolder: string;
}

/**
 * Finishes what a stop may have left of somebody who was erased, and finds the end of the audit log.
 * @returns what was found, a sentence each
 * @throws RostroError `storage_failed`
 */
export async function finishErasures({ gallery, trail, stateDir, vault, auditFolder }: StartParts): Promise<string[]> {
  const everyone = gallery.people();
  await removeLeftOvers(stateDir, auditFolder);
  const discarded = await discardStaleClassifier(stateDir, seenPeople(everyone), vault);
  const notices = (await trail.log?.open()) ?? [];
  await trail.settle(everyone.map(({ name }) => name));
  const stale = 'a classifier was trained on people or examples that are gone; it was discarded';
  return [...(discarded ? [stale] : []), ...notices];
}

const person = z.object({ name: z.string(), examples: z.array(z.string()) });
/** The part of a classifier's file that says who is in it, whatever embedder it is of. */
const schema = z.object({
  trainedOn: z.union([
    z.object({ people: z.array(person) }),
    z.object({ samples: z.object({ names: z.array(z.string()) }) }),
  ]),
});

/** Who a classifier was trained on; null where there is none. Of a folder's people no examples are told. */
export async function peopleInClassifier(path: string, vault: Vault): Promise<z.infer<typeof person>[] | null> {
  const stored = await readState(path, schema, vault);
  if (stored === null) return null;
  const { trainedOn } = stored;
  return 'people' in trainedOn ? trainedOn.people : trainedOn.samples.names.map((name) => ({ name, examples: [] }));
}
