import { writeSync } from 'node:fs';
import type { Gallery, PersonDetails } from '../../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { contract, exampleOf, wholePerson } from '../../../helpers/gallery-fixture.js';

/** A change as it goes over the pipe: told before it begins, and acknowledged when the gallery has answered. */
export type Told =
  | { readonly kind: 'add'; readonly name: string; readonly number: number }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'removeExample'; readonly name: string; readonly index: number }
  | { readonly kind: 'removePerson'; readonly name: string }
  | { readonly kind: 'describe'; readonly name: string; readonly number: number }
  | { readonly kind: 'merge'; readonly name: string; readonly into: string }
  | { readonly kind: 'put'; readonly name: string; readonly number: number };

const NAMES = ['Ada', 'ada', 'Eve', 'Sammy Davis Jr.', '山田 太郎', 'a:b'];

/** Another for every number. */
export function detailsOf(number: number): PersonDetails {
  return { id: `id ${number}`, metadata: { number }, groups: [`group ${number}`] };
}

function pick<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)];
}

function nextChange(gallery: Gallery, number: number): Told {
  const people = gallery.people();
  const kind =
    people.length === 0
      ? 'add'
      : pick(['add', 'add', 'add', 'rename', 'removeExample', 'removePerson', 'describe', 'merge', 'put'] as const);
  if (kind === 'add' || kind === 'put') return { kind, name: pick(NAMES), number };
  const { name, examples } = pick(people);
  if (kind === 'removeExample') return { kind, name, index: Math.floor(Math.random() * examples.length) };
  if (kind === 'describe') return { kind, name, number };
  const others = people.filter((person) => person.name !== name);
  if (kind === 'merge' && others.length > 0) return { kind, name, into: pick(others).name };
  const free = NAMES.filter((candidate) => people.every((person) => person.name !== candidate));
  if (kind === 'rename' && free.length > 0) return { kind, name, to: pick(free) };
  return { kind: 'removePerson', name };
}

async function perform(gallery: Gallery, change: Told): Promise<unknown> {
  switch (change.kind) {
    case 'add':
      return gallery.add(change.name, exampleOf(change.number));
    case 'rename':
      return gallery.rename(change.name, change.to);
    case 'removeExample':
      return gallery.removeExample(change.name, gallery.person(change.name).examples[change.index].id);
    case 'removePerson':
      return gallery.removePerson(change.name);
    case 'describe':
      return gallery.describe(change.name, detailsOf(change.number));
    case 'merge':
      return gallery.merge(change.name, change.into);
    case 'put':
      return gallery.put(wholePerson(change.name, detailsOf(change.number), change.number, change.number + 0.5));
  }
}

/** Changes the gallery without end: `kill-child DATA_DIR FIRST_NUMBER`. */
async function main(dataDir: string, firstNumber: number): Promise<void> {
  const { gallery } = await openNpyGallery({ dataDir, contract });
  for (let number = firstNumber; ; number++) {
    const change = nextChange(gallery, number);
    writeSync(1, `begin ${JSON.stringify(change)}\n`);
    await perform(gallery, change);
    writeSync(1, 'done\n');
  }
}

if (process.argv[1].endsWith('kill-child.mjs')) await main(process.argv[2], Number(process.argv[3]));
