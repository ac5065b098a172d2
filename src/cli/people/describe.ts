import { Command } from 'commander';
import { withSettings } from '../settings.js';
import { collect, detailsGiven, withDetails } from './details-options.js';
import { withGallery } from '../with-gallery.js';

interface DescribeOptions {
  /** False with `--no-person-id`. */
  readonly personId?: string | false;
  readonly group?: readonly string[];
  readonly leave?: readonly string[];
  readonly metadata?: string;
}

/** `rostro people describe NAME`: a person's id, groups and metadata. */
export function describeCommand(): Command {
  const command = new Command('describe')
    .description("Change a person's id, groups or metadata; what is not given stays.")
    .argument('<name>');
  withDetails(command)
    .option('--no-person-id', 'take the id away')
    .option('--leave <group>', 'a group that the person leaves; may be given several times', collect);
  return withSettings(command).action((name: string) =>
    withGallery(command, 'write', async ({ people }) => {
      const { personId, group = [], leave = [], metadata } = command.opts<DescribeOptions>();
      const given = detailsGiven({ personId: personId || undefined, metadata });
      const id = personId === false ? { id: null } : {};
      const joined = [...people.get(name).groups, ...group].filter((one) => !leave.includes(one));
      const groups = group.length + leave.length > 0 ? { groups: joined } : {};
      const person = await people.change(name, { ...given, ...id, ...groups });
      console.log(
        JSON.stringify({ name: person.name, id: person.id, groups: person.groups, metadata: person.metadata }),
      );
    }),
  );
}
