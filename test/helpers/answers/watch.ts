import { randomUUID } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract } from './contract.js';
import { makeDocument, readDocument } from './document.js';
import { recordAnswers, type Answer } from './recorder.js';

/** Holds what Rostro answers in one test file against the document. */
export class AnswerWatch {
  private readonly given: Answer[] = [];
  private readonly own = randomUUID();
  private contract: Contract | undefined;

  /** @param folder of all test files: which answers were seen, and what the programs answer that tests start */
  constructor(private readonly folder: string) {
    process.env.ROSTRO_TEST_ANSWERS = join(folder, this.own);
    recordAnswers((answer) => this.given.push(answer));
  }

  /** What is wrong with the answers since the last time, of servers in this process. */
  complaints(): Promise<string[]> {
    return this.complaintsAbout(this.given.splice(0));
  }

  /** The same of the programs that were started. */
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

/** Only where a server answered: most test files start none. */
async function readContract(folder: string): Promise<Contract> {
  await makeDocument(folder);
  const { Contract: OfDocument } = await import('./contract.js');
  return new OfDocument(readDocument(folder));
}

/** The last line of a program that was killed may be half of one. */
function readAnswers(path: string): Answer[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  rmSync(path);
  return lines.map((line) => JSON.parse(line) as Answer);
}
