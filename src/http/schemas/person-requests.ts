import { z } from 'zod';
import { groups, metadata } from './person.js';

/** What may be asked of people, and changed. */

export const personPath = z.object({ name: z.string().describe('The name of the person.') });
export const examplePath = z.object({
  ...personPath.shape,
  example: z.string().describe('The id of an example, as GET /people/{name} tells it.'),
});

export const peopleQuery = z.object({
  search: z.string().max(100).optional().describe('Part of a name.'),
  group: z.string().max(200).optional().describe('Only people of this group.'),
  id: z.string().max(200).optional().describe('The person with this id.'),
  page: z.coerce.number().int().min(1).default(1),
  size: z.coerce.number().int().min(1).max(500).default(50).describe('People on a page.'),
});

/** What is not given stays as it is; beyond the shape, `parsePersonDetails` says what may be given. */
export const personChange = z
  .strictObject({
    name: z.string().optional(),
    id: z.string().nullable().optional().describe('1 to 128 characters, unique; null for none.'),
    metadata: metadata.optional(),
    groups: groups.optional().describe('All of them: up to 64, of 1 to 64 characters each.'),
  })
  .refine((change) => Object.keys(change).length > 0, 'give a name, an id, metadata or groups')
  .meta({ id: 'PersonChange', examples: [{ groups: ['staff', 'night'], metadata: { floor: 3 } }] });

export const mergeBody = z
  .strictObject({
    from: z.string().describe('The name of the person who is gone afterwards.'),
    into: z.string().describe('The name of the person who has the examples of both.'),
  })
  .meta({ id: 'Merge', examples: [{ from: 'A. King', into: 'Ada Lovelace' }] });
