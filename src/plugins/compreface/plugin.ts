import type { Plugin } from '../../http/plugin.js';
import { EmptySubjectsFile, EmptySubjectsTable } from './empty-subjects.js';

/** CompreFace's REST API over the same gallery, for its existing clients. */
export const compreFacePlugin: Plugin = {
  name: 'compreface',
  isOn: () => true,
  open({ stateDir, database, vault }) {
    const data = database ? new EmptySubjectsTable(database) : new EmptySubjectsFile(stateDir, vault);
    return { data, http: async () => (await import('./http.js')).compreFaceHttp(data) };
  },
};
