import { randomUUID } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract } from './contract.js';
import { makeDocument, readDocument } from './document.js';
import { recordAnswers, type Answer } from './recorder.js';

/** Checks the responses in one test file against the document. */
export class AnswerWatch {
  private readonly given: Answer[] = [];
  private readonly own = randomUUID();
  private contract: Contract | undefined;

  /** @param folder shared by all test files: the responses seen, and the responses of started programs */
  constructor(private readonly folder: string) {
    process.env.ROSTRO_TEST_ANSWERS = join(folder, this.own);
    recordAnswers((answer) => this.given.push(answer));
  }

  /** Errors in the responses of this process since the last call. */
  complaints(): Promise<string[]> {
    return this.complaintsAbout(this.given.splice(0));
  }

  /** The same for started programs. */
  complaintsOfPrograms(): Promise<string[]> {
    const files = readdirSync(this.folder).filter((name) => name.startsWith(`${this.own}-`));
    return this.complaintsAbout(files.flatMap((name) => readAnswers(join(this.folder, name))));
  }

  private async complaintsAbout(answers: readonly Answer[]): Promise<string[]> {
    if (answers.length === 0) return [];
    const contract = (this.contract ??= await readContract(this.folder));
    const names = new Set(answers.map((answer) => contract.nameOf(answer)).filter((name) => name !== undefined));
    appendFileSync(join(this.folder, `${this.own}.seen`), [...names, ''].join('\n'));
    return [...new Set(answers.flatMap((answer) => contract.complaintsAbout(answer)))];
  }
}

/** Loaded only when a server has answered: most test files start none. */
async function readContract(folder: string): Promise<Contract> {
  await makeDocument(folder);
  const { Contract: OfDocument } = await import('./contract.js');
  return new OfDocument(readDocument(folder));
}

/** The last line of a killed program may be incomplete. */
function readAnswers(path: string): Answer[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  rmSync(path);
  return lines.map((line) => JSON.parse(line) as Answer);
}
