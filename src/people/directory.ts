import type { Match } from '../matching/matcher.js';
import type { Gallery, JsonObject, Person } from '../gallery/gallery.js';
import type { Wishes } from './name-faces.js';

/** What is told of the person whom a face was taken for. */
export interface NamedPerson {
  /** The users' own; null for none, and for nobody. */
  readonly id: string | null;
  /** Where it is wished for, and there is a name. */
  readonly details?: { readonly groups: readonly string[]; readonly metadata: JsonObject };
}

/** Who is in a group, and what is said of whoever was named: looked up once a change of the gallery. */
export class Directory {
  private version: number | null = null;
  private readonly byName = new Map<string, Person>();
  private readonly groups = new Map<string, ReadonlySet<string>>();

  constructor(private readonly gallery: Pick<Gallery, 'version' | 'people'>) {}

  /** @returns names; undefined for everybody where no group is given */
  members(group: string | undefined): ReadonlySet<string> | undefined {
    if (group === undefined) return undefined;
    this.follow();
    const known = this.groups.get(group);
    if (known) return known;
    const people = this.gallery.people().filter(({ groups }) => groups.includes(group));
    const members = new Set(people.map(({ name }) => name));
    // A group that nobody is in may be anything that a client sends.
    if (members.size > 0) this.groups.set(group, members);
    return members;
  }

  toldOf({ name }: Match, wishes: Wishes): NamedPerson {
    this.follow();
    const person = name === null ? undefined : this.byName.get(name);
    if (person === undefined) return { id: null };
    const { id, groups, metadata } = person;
    return { id, ...(wishes.details && { details: { groups, metadata } }) };
  }

  private follow(): void {
    if (this.version === this.gallery.version) return;
    this.version = this.gallery.version;
    this.groups.clear();
    this.byName.clear();
    for (const person of this.gallery.people()) this.byName.set(person.name, person);
  }
}
