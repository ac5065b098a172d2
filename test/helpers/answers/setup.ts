import { afterAll, afterEach, inject } from 'vitest';
import { AnswerWatch } from './watch.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly answersFolder: string;
  }
}

/** Every answer that Rostro gives in a test is held against the OpenAPI document: one that is not in it fails the test. */
const watch = new AnswerWatch(inject('answersFolder'));

afterEach(async () => refuse(await watch.complaints()));

afterAll(async () => refuse([...(await watch.complaints()), ...(await watch.complaintsOfPrograms())]));

function refuse(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new Error(`The OpenAPI document does not say so:\n${sentences.join('\n')}`);
}
