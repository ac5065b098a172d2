import type { Command } from 'commander';
import { fileCommand } from './each-file.js';
import { formatBox, formatNumber, formatStrangers } from './output.js';

/** `rostro recognize FILE…`: names the people in photos. */
export function recognizeCommand(): Command {
  return fileCommand({
    name: 'recognize',
    description: 'Name the faces in photos.',
    work: (core, bytes) => core.recognition.recognize(bytes),
    columns: ['name', 'distance', 'nearest', 'runner-up', 'box'],
    rows: ({ faces }) =>
      faces.map(({ name, distance, falseMatchRate, nearest, runnerUp, box }) => [
        name ?? 'unknown',
        falseMatchRate === null
          ? formatNumber(distance)
          : `${formatNumber(distance)} (${formatStrangers(falseMatchRate)})`,
        nearest ?? '–',
        runnerUp ? `${runnerUp.name} ${formatNumber(runnerUp.distance)}` : '–',
        formatBox(box),
      ]),
  });
}
