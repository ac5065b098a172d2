import { openSync } from 'node:fs';
import { capture } from '../../../src/cameras/capture.js';
import { parseSource } from '../../../src/cameras/source.js';

/** Says why there are no pictures where no more files can be open: `spawn-child PROGRAM`. */
const options = { fps: 10, maxSidePx: 1280, rotate: 0, transport: 'auto', pace: 'camera', loop: false } as const;
try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  const parts = { ffmpeg: process.argv[2], source: parseSource('a.mp4'), options, silenceMs: 1000 };
  const end = await capture({ ...parts, onFrame: () => undefined }, new AbortController().signal);
  process.stdout.write(JSON.stringify(end));
}
