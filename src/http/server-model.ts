import type { z } from 'zod';
import type { serverModel } from './schemas.js';

/** The networks of the server. */
export type ServerModel = z.infer<typeof serverModel>;
export type EmbedderChoice = ServerModel['embedders'][number];
/** The computation of the embeddings of another embedder. */
export type EmbedderChange = NonNullable<ServerModel['change']>;
