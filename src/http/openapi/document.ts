import { accessTable } from '../access-table.js';
import type { HttpPlugin } from '../plugin.js';
import { liveMessage, liveSettings } from '../schemas.js';
import { ADMINISTRATION } from './areas/administration.js';
import { BULK } from './areas/transfer.js';
import { CAMERAS } from './areas/cameras.js';
import { CHALLENGES } from './areas/challenges.js';
import { ATTENDANCE } from './areas/attendance.js';
import { HISTORY } from './areas/history.js';
import { PEOPLE } from './areas/people.js';
import { RECOGNITION } from './areas/recognition.js';
import { SERVICE } from './areas/service.js';
import { Components } from './components.js';
import { describeOperation, SECURITY_SCHEMES } from './describe-operation.js';
import type { Area } from './operation.js';

/** In the order of the reference page. The areas of the plugins and the service's own follow. */
const AREAS: readonly Area[] = [RECOGNITION, CHALLENGES, PEOPLE, BULK, CAMERAS, HISTORY, ATTENDANCE];

const DESCRIPTION = `Upload a photo named after the person in it. The server then names this person in every photo.

**Keys.** A server without keys listens on its own machine only and needs no key. Otherwise each route needs a key of its
scope or a larger one: \`recognise\`, \`enrol\`, \`admin\`.

**Errors.** Every error has a stable code and a sentence. Each route lists its codes by status.`;

/** The OpenAPI 3.1 document, made from the schemas that parse requests. */
export function openApiDocument(version: string, plugins: readonly Pick<HttpPlugin, 'area' | 'access'>[]) {
  const access = accessTable(plugins);
  const areas = [...AREAS, ...plugins.map(({ area }) => area), ADMINISTRATION, SERVICE];
  const components = new Components();
  const paths: Record<string, Record<string, object>> = {};
  for (const area of areas) {
    for (const [route, operation] of Object.entries(area.operations)) {
      const [method, path] = route.split(' ');
      const described = describeOperation({ route, access: access[route], area, operation, components });
      (paths[path.replace(/:(\w+)/g, '{$1}')] ??= {})[method.toLowerCase()] = described;
    }
  }
  components.schemaOf(liveSettings, 'input');
  components.schemaOf(liveMessage, 'output');
  return {
    openapi: '3.1.1',
    info: { title: 'Rostro', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'This server.' }],
    tags: areas.map(({ name, description }) => ({ name, description })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: components.all },
  };
}
