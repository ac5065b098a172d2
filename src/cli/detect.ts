import type { Command } from 'commander';
import type { FaceAttributes } from '../faces/attributes/attributes.js';
import { parseRequest } from '../http/parse.js';
import { detectFields } from '../http/schemas.js';
import { fileCommand } from './each-file.js';
import { formatBox, formatNumber } from './output.js';

/** `rostro detect FILE…`: finds the faces in photos. */
export function detectCommand(): Command {
  return fileCommand({
    name: 'detect',
    description: 'Find the faces in photos.',
    options: [
      ['--attributes <names>', 'what to guess about each face: age, gender, expression, pose, separated by commas'],
    ],
    work: (core, bytes, _file, { attributes }) =>
      core.recognition.detect(bytes, parseRequest(detectFields, { attributes }, 'command')),
    columns: ({ attributes }) => ['box', 'confidence', ...(attributes === undefined ? [] : ['attributes'])],
    rows: ({ faces }) =>
      faces.map(({ box, confidence, attributes }) => [
        formatBox(box),
        formatNumber(confidence),
        ...(attributes ? [formatAttributes(attributes)] : []),
      ]),
  });
}

/** `31 years, female 0.98, happy 0.95, yaw -4° pitch 2° roll 1°` */
function formatAttributes({ age, gender, expression, pose }: FaceAttributes): string {
  const degrees =
    pose && `yaw ${Math.round(pose.yaw)}° pitch ${Math.round(pose.pitch)}° roll ${Math.round(pose.roll)}°`;
  const texts = [
    age === undefined ? null : `${Math.round(age)} years`,
    gender && `${gender.value} ${gender.probability.toFixed(2)}`,
    expression && `${expression.value} ${expression.probabilities[expression.value].toFixed(2)}`,
    degrees,
  ];
  return texts.filter((text) => text).join(', ');
}
