import { join } from 'node:path';
import type { CameraEvent } from '../event.js';
import { withNames } from '../event-hub.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { type Letter, LetterFiles, type ReadLetters } from './letter-files.js';

/** More do not wait: the oldest is given up. */
const MAX_WAITING = 10_000;
/** More that were given up are not kept. */
const MAX_GIVEN_UP = 1000;
const DEAD_FOLDER = 'dead';

interface OutboxFiles {
  readonly waiting: LetterFiles;
  readonly dead: LetterFiles;
}

/** The line of letters before one receiver, and those that were given up, on the disk. */
export class Outbox {
  private turn: Promise<unknown> = Promise.resolve();
  private line: Letter[];
  private givenUp: Letter[];
  private readonly lastPlace: Record<keyof OutboxFiles, number>;
  /** Ids of events that may have arrived already: they were there before this run of the server, or given up. */
  private readonly old: Set<string>;
  /** Files that hold no letter that can be read. */
  readonly unreadable: number;

  private constructor(
    private readonly files: OutboxFiles,
    { waiting, dead }: Record<keyof OutboxFiles, ReadLetters>,
    private readonly maxWaiting: number,
  ) {
    this.line = waiting.letters;
    this.givenUp = dead.letters;
    this.lastPlace = { waiting: waiting.lastPlace, dead: dead.lastPlace };
    this.old = new Set(waiting.letters.map(({ event }) => event.id));
    this.unreadable = waiting.unreadable + dead.unreadable;
  }

  /** @param folder of this receiver, below `.state/outbox/` @throws RostroError `storage_failed` */
  static async open(folder: string, vault: Vault, maxWaiting = MAX_WAITING): Promise<Outbox> {
    const files = { waiting: new LetterFiles(folder, vault), dead: new LetterFiles(join(folder, DEAD_FOLDER), vault) };
    const [waiting, dead] = await Promise.all([files.waiting.read(), files.dead.read()]);
    return new Outbox(files, { waiting, dead }, maxWaiting);
  }

  get first(): Letter | undefined {
    return this.line.at(0);
  }

  get waiting(): number {
    return this.line.length;
  }

  get dead(): readonly Letter[] {
    return this.givenUp;
  }

  /** Whether a letter may have arrived already. */
  isOld({ event }: Letter): boolean {
    return this.old.has(event.id);
  }

  /** Behind all others; it is on the disk then. @throws RostroError `storage_failed`: it is in the line all the same */
  add(event: CameraEvent): Promise<void> {
    const letter: Letter = { version: 1, place: ++this.lastPlace.waiting, event, givenUp: null };
    this.line.push(letter);
    return this.inTurn(async () => {
      if (this.line.length > this.maxWaiting) await this.bury(this.line[0], 'Too many events waited.');
      const now = this.inLine(letter);
      if (now) await this.files.waiting.write(now);
    });
  }

  /** It has arrived. */
  remove(letter: Letter): Promise<void> {
    this.line = this.line.filter(({ place }) => place !== letter.place);
    return this.inTurn(() => this.files.waiting.remove(letter));
  }

  /** @param why in a sentence */
  giveUp(letter: Letter, why: string): Promise<void> {
    return this.inTurn(async () => {
      const now = this.inLine(letter);
      if (now) await this.bury(now, why);
    });
  }

  /**
   * Puts those that were given up behind the others.
   * @returns how many
   * @throws RostroError `storage_failed`: the rest is still given up
   */
  retry(): Promise<number> {
    return this.inTurn(async () => {
      const letters = [...this.givenUp];
      for (const letter of letters) {
        const again: Letter = { ...letter, place: ++this.lastPlace.waiting, givenUp: null };
        await this.files.waiting.write(again);
        this.line.push(again);
        this.old.add(letter.event.id);
        this.givenUp.shift();
        await this.files.dead.remove(letter);
      }
      return letters.length;
    });
  }

  /** As `KeepsNames`. @throws RostroError `storage_failed` */
  keepNames(isEnrolled: (name: string) => boolean): Promise<void> {
    return this.inTurn(async () => {
      const [waiting, dead] = [this.line, this.givenUp].map((letters) => withoutNames(letters, isEnrolled));
      // At once in memory, because the next one may be sent at any moment.
      this.line = waiting.all;
      this.givenUp = dead.all;
      for (const letter of waiting.changed) if (this.inLine(letter)) await this.files.waiting.replace(letter);
      for (const letter of dead.changed) await this.files.dead.replace(letter);
    });
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.turn;
  }

  /** The letter as it is now: its name may have been taken out since; undefined where it waits no longer. */
  private inLine({ place }: Letter): Letter | undefined {
    return this.line.find((letter) => letter.place === place);
  }

  private async bury(letter: Letter, why: string): Promise<void> {
    const dead: Letter = { ...letter, place: ++this.lastPlace.dead, givenUp: why };
    await this.files.dead.write(dead);
    await this.files.waiting.remove(letter);
    this.line = this.line.filter(({ place }) => place !== letter.place);
    this.givenUp.push(dead);
    if (this.givenUp.length > MAX_GIVEN_UP) await this.files.dead.remove(this.givenUp.shift()!);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }
}

function withoutNames(letters: readonly Letter[], isEnrolled: (name: string) => boolean) {
  const all = letters.map((letter) => {
    const event = withNames(letter.event, isEnrolled);
    return event === letter.event ? letter : { ...letter, event };
  });
  return { all, changed: all.filter((letter, i) => letter !== letters[i]) };
}
