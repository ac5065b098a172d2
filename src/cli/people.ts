import { Command } from 'commander';
import { deleteCommand } from './people/delete.js';
import { describeCommand } from './people/describe.js';
import { exportCommand } from './people/export.js';
import { listCommand } from './people/list.js';
import { mergeCommand } from './people/merge.js';
import { renameCommand } from './people/rename.js';
import { showCommand } from './people/show.js';

/** `rostro people list|show|rename|describe|merge|delete|export`: who is enrolled. */
export function peopleCommand(): Command {
  return new Command('people')
    .description('List, show, rename, describe, merge, erase and export people.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(renameCommand())
    .addCommand(describeCommand())
    .addCommand(mergeCommand())
    .addCommand(deleteCommand())
    .addCommand(exportCommand());
}
