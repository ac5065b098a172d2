import * as schemas from '../../schemas.js';
import { BODY_ERRORS, CHANGE_ERRORS, PHOTO_ERRORS } from '../failures.js';
import { file, json, photo, type Area } from '../operation.js';

const { personPath, examplePath } = schemas;

/** Who is enrolled. */
export const PEOPLE: Area = {
  name: 'People',
  description: 'List, read, rename, describe, erase and export people.',
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
      summary: 'All groups with people in them',
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
      summary: 'Change the name and the details of a person',
      description: 'Missing properties stay unchanged. Either all changes are made or none.',
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
        'example_not_found',
        'consent_required',
      ],
    },
    'DELETE /people/:name': {
      id: 'erasePerson',
      summary: 'Erase a person',
      description: 'Erases all data of the person; the receipt lists them.',
      path: personPath,
      reply: json(schemas.deletedPerson),
      errors: [...CHANGE_ERRORS, 'person_not_found', 'bad_name'],
    },
    'POST /people/merge': {
      id: 'mergePeople',
      summary: 'Make two people one',
      description:
        'Moves the examples of `from` to `into`. `into` keeps its id and metadata and takes over missing ones; `from` is removed.',
      body: { 'application/json': schemas.mergeBody },
      reply: json(schemas.person),
      errors: [...BODY_ERRORS, ...CHANGE_ERRORS, 'person_not_found', 'bad_name', 'bad_details'],
    },
    'GET /people/:name/export': {
      id: 'exportPerson',
      summary: 'All data of a person',
      description: 'Crops, embeddings, descriptions, sightings, lines of the audit log.',
      path: personPath,
      reply: file('application/zip'),
      errors: [...CHANGE_ERRORS, 'person_not_found', 'bad_name'],
    },
    'POST /people/export': {
      id: 'exportPeople',
      summary: 'All data of several people',
      description: 'A folder for each person, with the files of `GET /people/{name}/export`.',
      body: { 'application/json': schemas.exportedPeople },
      reply: file('application/zip'),
      errors: [...BODY_ERRORS, ...CHANGE_ERRORS, 'person_not_found', 'bad_name'],
    },
    'GET /people/:name/examples': {
      id: 'listExamples',
      summary: "A person's examples",
      path: personPath,
      reply: json(schemas.person),
      errors: ['person_not_found', 'bad_name', 'not_ready'],
    },
    'PATCH /people/:name/examples/:example': {
      id: 'moveExample',
      summary: 'Give an example to another person',
      description:
        'The reply is that person; the example is their last one. The last example of a person cannot be moved.',
      path: examplePath,
      body: { 'application/json': schemas.exampleMove },
      reply: json(schemas.person),
      errors: [...BODY_ERRORS, ...CHANGE_ERRORS, 'person_not_found', 'example_not_found', 'bad_name'],
    },
    'DELETE /people/:name/examples/:example': {
      id: 'eraseExample',
      summary: 'Erase one example',
      description:
        'Erasing the last example erases the person. A key without the scope `admin` undoes its own uploads: it may erase an example that it added itself, within 10 minutes.',
      path: examplePath,
      reply: json(schemas.deletedExample),
      errors: [...CHANGE_ERRORS, 'person_not_found', 'example_not_found', 'bad_name'],
    },
    'GET /people/:name/examples/:example/crop': {
      id: 'getCrop',
      summary: 'The crop of an example',
      path: examplePath,
      query: schemas.cropQuery,
      reply: file('image/jpeg', 'image/png', 'image/webp'),
      errors: ['bad_request', 'person_not_found', 'example_not_found', 'bad_name', 'database_unreachable', 'not_ready'],
    },
    'GET /people/:name/negatives': {
      id: 'listNegatives',
      summary: 'Faces that are not of a person',
      path: personPath,
      reply: json(schemas.negatives),
      errors: ['person_not_found', 'bad_name', 'not_ready'],
    },
    'POST /people/:name/negatives': {
      id: 'addNegative',
      summary: 'Correct a wrong name: "not this person"',
      description:
        'Remembers the face of one photo as not being of the person. A face that is nearer to a negative than to every example of the person does not get the name.',
      path: personPath,
      query: schemas.correctionFields,
      body: photo(schemas.correctionFields),
      reply: [
        { status: 201, content: { 'application/json': schemas.corrected } },
        { description: 'The person has this negative already', content: { 'application/json': schemas.corrected } },
      ],
      errors: [
        ...PHOTO_ERRORS,
        ...CHANGE_ERRORS,
        'person_not_found',
        'bad_name',
        'no_face',
        'several_faces',
        'too_many_negatives',
      ],
    },
    'DELETE /people/:name/negatives/:negative': {
      id: 'eraseNegative',
      summary: 'Erase a negative',
      path: schemas.negativePath,
      reply: json(schemas.deletedNegative),
      errors: [...CHANGE_ERRORS, 'person_not_found', 'example_not_found', 'bad_name'],
    },
    'GET /people/:name/negatives/:negative/crop': {
      id: 'getNegativeCrop',
      summary: 'The crop of a negative',
      path: schemas.negativePath,
      query: schemas.cropQuery,
      reply: file('image/jpeg', 'image/png', 'image/webp'),
      errors: ['bad_request', 'person_not_found', 'example_not_found', 'bad_name', 'database_unreachable', 'not_ready'],
    },
  },
};
