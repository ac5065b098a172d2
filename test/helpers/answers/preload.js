import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { recordAnswers } from './recorder.js';

/** Loaded into programs that a test starts: writes each response to a file at once, so that none is lost if it is killed. */
if (isMainThread) {
  const path = `${process.env.ROSTRO_TEST_ANSWERS}-${process.pid}.answers`;
  recordAnswers((answer) => appendFileSync(path, `${JSON.stringify(answer)}\n`));
}
