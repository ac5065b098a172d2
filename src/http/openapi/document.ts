import { COMPREFACE } from '../../plugins/compreface/http/area.js';
import { liveMessage, liveSettings } from '../schemas.js';
import { BULK } from './areas/bulk.js';
import { CAMERAS } from './areas/cameras.js';
import { PEOPLE } from './areas/people.js';
import { RECOGNITION } from './areas/recognition.js';
import { SERVICE } from './areas/service.js';
import { Components } from './components.js';
import { describeOperation, SECURITY_SCHEMES } from './describe-operation.js';
import type { Area } from './operation.js';

/** In the order of the reference page. */
const AREAS: readonly Area[] = [RECOGNITION, PEOPLE, BULK, CAMERAS, COMPREFACE, SERVICE];

const DESCRIPTION = `Upload a photo named after the person in it; from then on the server names that person in any picture it is sent.

**Keys.** A server without keys asks nobody, and listens on its own machine only. Once it has keys, each route needs one of
its scope or of a larger one: \`recognise\`, \`enrol\`, \`admin\`.

**Errors.** Every failure has a stable code and a sentence. The codes that a route may answer with stand at its statuses.`;

/** The OpenAPI 3.1 document, made of the schemas that requests are parsed by and that replies are held against. */
export function openApiDocument(version: string): object {
  const components = new Components();
  const paths: Record<string, Record<string, object>> = {};
  for (const area of AREAS) {
    for (const [route, operation] of Object.entries(area.operations)) {
      const [method, path] = route.split(' ');
      const described = describeOperation({ route, area, operation, components });
      (paths[path.replace(/:(\w+)/g, '{$1}')] ??= {})[method.toLowerCase()] = described;
    }
  }
  components.schemaOf(liveSettings, 'input');
  components.schemaOf(liveMessage, 'output');
  return {
    openapi: '3.1.1',
    info: { title: 'Rostro', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'This server.' }],
    tags: AREAS.map(({ name, description }) => ({ name, description })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: components.all },
  };
}
