import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Vault } from '../gallery/sealing/vault.js';
import type { SeenPeople } from '../matching/classifiers/classifier-store.js';
import {
  discardClassifier,
  folderClassifierFile,
  galleryClassifierFile,
} from '../matching/classifiers/classifier-store.js';
import { peopleInClassifier } from '../matching/classifiers/classifier-people.js';

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
