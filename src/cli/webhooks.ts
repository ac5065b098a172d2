import { join } from 'node:path';
import { Command } from 'commander';
import { readConfig } from '../app/config.js';
import { withFlags } from './settings.js';
import { type QueuedEvent, OUTBOX_FOLDER } from '../events/queued-events.js';
import { Outbox } from '../events/outbox.js';
import { RostroError } from '../shared/errors.js';
import { FolderLock } from '../gallery/files/folder-lock.js';
import { readKeys } from '../gallery/sealing/key-file.js';
import { vaultOf } from '../gallery/sealing/vault.js';
import { refuseDatabase } from './with-gallery.js';
import { printTable } from './output.js';
import { commandIo, print } from './io.js';

interface WebhooksOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** `rostro webhooks`: dead-lettered events. A running server shows the same at `/deliveries`. */
export function webhooksCommand(): Command {
  return withFlags(new Command('webhooks'), 'ROSTRO_DATA')
    .description('List events that a webhook did not take, and send them again.')
    .option('--json', 'one JSON object a line')
    .addCommand(deadCommand())
    .addCommand(retryCommand());
}

function deadCommand(): Command {
  return new Command('dead')
    .description('List the events that were given up, and why.')
    .argument('<id>', 'of the webhook, or mqtt')
    .action(async (id: string, _flags, command: Command) => {
      const options = command.optsWithGlobals<WebhooksOptions>();
      const { dead } = await outboxOf(id, options);
      if (options.json) for (const { event, givenUp } of dead) print(JSON.stringify({ givenUp, event }));
      else printTable(['at', 'event', 'camera', 'person', 'given up because'], dead.map(row));
    });
}

function retryCommand(): Command {
  return new Command('retry')
    .description(
      'Send them again when the server is started; while it runs, or with a database: POST /deliveries/<id>/retry.',
    )
    .argument('<id>', 'of the webhook, or mqtt')
    .action(async (id: string, _flags, command: Command) => {
      const options = command.optsWithGlobals<WebhooksOptions>();
      const config = configOf(options);
      // With a database the server takes no folder lock, so it may be running.
      refuseDatabase(config, `Start the server, and ask it: POST /deliveries/${id}/retry.`);
      const lock = await FolderLock.acquire(config.storage.dataDir);
      try {
        const outbox = await outboxOf(id, options);
        print(`${await outbox.retry()} events are sent again.`);
      } finally {
        await lock.release();
      }
    });
}

function row({ event: { at, type, camera, person }, givenUp }: QueuedEvent): string[] {
  return [at, type, camera, person ?? 'unknown', givenUp ?? ''];
}

function configOf({ data }: WebhooksOptions) {
  return readConfig({ ...commandIo().env, ...(data !== undefined && { ROSTRO_DATA: data }) });
}

async function outboxOf(id: string, options: WebhooksOptions): Promise<Outbox> {
  const { stateDir, encryptionKeyFiles } = configOf(options).storage;
  if (!/^[a-z0-9][a-z0-9_-]{0,49}$/.test(id))
    throw new RostroError('receiver_not_found', 'That is no id of a webhook.');
  const folder = join(stateDir, OUTBOX_FOLDER, id === 'mqtt' ? id : `webhook-${id}`);
  return Outbox.open(folder, vaultOf(await readKeys(encryptionKeyFiles)));
}
