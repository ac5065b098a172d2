import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { recordAnswers } from './recorder.js';

/** In a program that a test starts: writes each answer into a file at once, so that nothing is lost when it is killed. */
if (isMainThread) {
  const path = `${process.env.ROSTRO_TEST_ANSWERS}-${process.pid}.answers`;
  recordAnswers((answer) => appendFileSync(path, `${JSON.stringify(answer)}\n`));
}
