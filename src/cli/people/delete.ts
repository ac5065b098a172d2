import { Command } from 'commander';
import type { Receipt } from '../../privacy/receipt.js';
import { withSettings } from '../settings.js';
import { withGallery } from '../with-gallery.js';

/** `rostro people delete NAME [--example ID]`: erases, and prints the receipt. */
export function deleteCommand(): Command {
  const command = new Command('delete')
    .description('Erase a person, or one example, and print the receipt.')
    .argument('<name>')
    .option('--example <id>', 'only this example; the last one takes the person with it')
    .option('--json', 'the receipt as one JSON object');
  return withSettings(command).action((name: string) =>
    withGallery(command, 'write', async ({ erasure }) => {
      const { example, json } = command.opts<{ example?: string; json?: boolean }>();
      const receipt =
        example === undefined ? (await erasure.person(name)).receipt : await erasure.example(name, example);
      console.log(json ? JSON.stringify(receipt) : receiptLines(receipt).join('\n'));
      if (receipt.remaining.length > 0) process.exitCode = 1;
    }),
  );
}

function receiptLines(receipt: Receipt): string[] {
  const { id, erasedAt, person, examples, crops, files, remaining, classifier, elsewhere, audit } = receipt;
  return [
    `receipt     ${id}`,
    `erased at   ${erasedAt}`,
    `person      ${person}`,
    `examples    ${examples.length} (${examples.join(', ')}), ${crops} with a crop`,
    ...files.map((file) => `gone        ${file}`),
    ...remaining.map((file) => `still there ${file}: it goes with the next change or at the next start`),
    ...elsewhere.map((file) => `elsewhere   ${file} has somebody of that name, from other photos`),
    `classifier  ${classifier}`,
    `audit log   ${audit === null ? 'none is kept' : `line ${audit.line}, ${audit.hash}`}`,
  ];
}
