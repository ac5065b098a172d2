import * as schemas from '../../schemas.js';
import { BODY_ERRORS, CHANGE_ERRORS } from '../failures.js';
import { file, json, type Area } from '../operation.js';

const { personPath, examplePath } = schemas;

/** Who is enrolled. */
export const PEOPLE: Area = {
  name: 'People',
  description: 'Who is enrolled: look up, rename and describe, erase, take out what is held on them.',
  operations: {
    'GET /people': {
      id: 'listPeople',
      summary: 'Who is enrolled, in pages',
      query: schemas.peopleQuery,
      reply: json(schemas.people),
      errors: ['bad_request', 'not_ready'],
    },
    'GET /groups': {
      id: 'listGroups',
      summary: 'Every group that somebody is in',
      reply: json(schemas.groupList),
      errors: ['not_ready'],
    },
    'GET /people/:name': {
      id: 'getPerson',
      summary: 'One person and their examples',
      path: personPath,
      reply: json(schemas.person),
      errors: ['person_not_found', 'bad_name', 'not_ready'],
    },
    'PATCH /people/:name': {
      id: 'changePerson',
      summary: 'Give a person another name, id, metadata or groups',
      description: 'What is not given stays. All of it is changed, or nothing.',
      path: personPath,
      body: { 'application/json': schemas.personChange },
      reply: json(schemas.person),
      errors: [
        ...BODY_ERRORS,
        ...CHANGE_ERRORS,
        'person_not_found',
        'bad_name',
        'person_exists',
        'bad_details',
        'id_taken',
      ],
    },
    'DELETE /people/:name': {
      id: 'erasePerson',
      summary: 'Erase a person',
      description: 'Wherever something of them is kept; the receipt says what that was.',
      path: personPath,
      reply: json(schemas.deletedPerson),
      errors: [...CHANGE_ERRORS, 'person_not_found', 'bad_name'],
    },
    'POST /people/merge': {
      id: 'mergePeople',
      summary: 'Make two people one',
      description:
        'The examples of `from` become those of `into`, who keeps their own id and metadata and gets what they lack; `from` is gone.',
      body: { 'application/json': schemas.mergeBody },
      reply: json(schemas.person),
      errors: [...BODY_ERRORS, ...CHANGE_ERRORS, 'person_not_found', 'bad_name', 'bad_details'],
    },
    'GET /people/:name/export': {
      id: 'exportPerson',
      summary: 'All that is held on a person',
      description: 'Crops, embeddings, descriptions, lines of the audit log.',
      path: personPath,
      reply: file('application/zip'),
      errors: [...CHANGE_ERRORS, 'person_not_found', 'bad_name'],
    },
    'GET /people/:name/examples': {
      id: 'listExamples',
      summary: "A person's examples",
      path: personPath,
      reply: json(schemas.person),
      errors: ['person_not_found', 'bad_name', 'not_ready'],
    },
    'DELETE /people/:name/examples/:example': {
      id: 'eraseExample',
      summary: 'Erase one example',
      description: 'The last one takes the person with it.',
      path: examplePath,
      reply: json(schemas.deletedExample),
      errors: [...CHANGE_ERRORS, 'person_not_found', 'example_not_found', 'bad_name'],
    },
    'GET /people/:name/examples/:example/crop': {
      id: 'getCrop',
      summary: 'The crop that was kept of an example',
      path: examplePath,
      reply: file('image/jpeg', 'image/png'),
      errors: ['person_not_found', 'example_not_found', 'bad_name', 'database_unreachable', 'not_ready'],
    },
  },
};
