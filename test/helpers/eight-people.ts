import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Core } from '../../src/app/core.js';
import { sharedPath } from './shared.js';

export interface EightPeopleResult {
  readonly photos: number;
  readonly right: number;
  /** Photos in which a face got another person's name. */
  readonly wrong: readonly string[];
  /** Photos in which a face was found but not named. */
  readonly unknown: readonly string[];
  readonly noFace: readonly string[];
}

/** Eight people with five tight crops each: the first is enrolled, the other four are recognised. */
export async function recogniseEightPeople(core: Core): Promise<EightPeopleResult> {
  const folder = sharedPath('images', 'people');
  const people = (await readdir(folder)).sort();
  const rest: [person: string, file: string][] = [];
  for (const person of people) {
    const [first, ...others] = (await readdir(join(folder, person))).sort();
    await core.enrolment.enrol({
      bytes: await readFile(join(folder, person, first)),
      fileName: undefined,
      name: person,
    });
    rest.push(...others.map((file): [string, string] => [person, file]));
  }
  const wrong: string[] = [];
  const unknown: string[] = [];
  const noFace: string[] = [];
  let right = 0;
  for (const [person, file] of rest) {
    const { faces } = await core.recognition.recognize(await readFile(join(folder, person, file)));
    const names = faces.map(({ name }) => name);
    if (faces.length === 0) noFace.push(file);
    else if (names.some((name) => name !== null && name !== person)) wrong.push(file);
    else if (names.includes(person)) right++;
    else unknown.push(file);
  }
  return { photos: rest.length, right, wrong, unknown, noFace };
}
