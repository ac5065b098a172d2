import { Command } from 'commander';
import { deleteCommand } from './people/delete.js';
import { exportCommand } from './people/export.js';
import { listCommand } from './people/list.js';
import { renameCommand } from './people/rename.js';
import { showCommand } from './people/show.js';

/** `rostro people list|show|rename|delete|export`: who is enrolled. */
export function peopleCommand(): Command {
  return new Command('people')
    .description('List, show, rename, erase and export people.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(renameCommand())
    .addCommand(deleteCommand())
    .addCommand(exportCommand());
}
