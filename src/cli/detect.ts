import type { Command } from 'commander';
import { fileCommand } from './each-file.js';
import { formatBox, formatNumber } from './output.js';

/** `rostro detect FILE…`: finds the faces in photos. */
export function detectCommand(): Command {
  return fileCommand({
    name: 'detect',
    description: 'Find the faces in photos.',
    work: (core, bytes) => core.recognition.detect(bytes),
    columns: ['box', 'confidence'],
    rows: ({ faces }) => faces.map(({ box, confidence }) => [formatBox(box), formatNumber(confidence)]),
  });
}
