import type { Gallery } from '../../gallery/gallery.js';
import { inOrder, type EmptySubject, type EmptySubjects } from './empty-subjects.js';

export interface SubjectsTarget {
  readonly subjects: Pick<EmptySubjects, 'all' | 'add'>;
  readonly gallery: Pick<Gallery, 'people'>;
}

/**
 * Adds subjects that come from elsewhere, but for those whose name somebody has examples under by now.
 * @returns how many were not there
 * @throws RostroError `storage_failed`, `database_unreachable`
 */
export async function addSubjects(
  { subjects, gallery }: SubjectsTarget,
  wanted: readonly EmptySubject[],
): Promise<number> {
  const names = new Set(gallery.people().map(({ name }) => name));
  const there = await subjects.all();
  const missing = wanted.filter(
    (subject) => !names.has(subject.name) && there.every((other) => inOrder(other, subject) !== 0),
  );
  for (const subject of missing) await subjects.add(subject);
  return missing.length;
}
