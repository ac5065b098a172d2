import { afterAll, afterEach, inject } from 'vitest';
import { AnswerWatch } from './watch.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly answersFolder: string;
  }
}

/** One watch per process: the test files of a lane without isolation share it. */
const watches = globalThis as { rostroAnswers?: AnswerWatch };

/** Checks every response of Rostro in a test against the OpenAPI document and fails the test if one is not in it. */
const watch = (watches.rostroAnswers ??= new AnswerWatch(inject('answersFolder')));

afterEach(async () => refuse(await watch.complaints()));

afterAll(async () => refuse([...(await watch.complaints()), ...(await watch.complaintsOfPrograms())]));

function refuse(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new Error(`The OpenAPI document does not say so:\n${sentences.join('\n')}`);
}
