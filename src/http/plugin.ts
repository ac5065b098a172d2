import type { Response, Router } from 'express';
import type { EngineSpec } from '../engine/open-engine.js';
import type { OpenReceiver } from '../events/receiver.js';
import type { Pipeline } from '../faces/pipeline/pipeline.js';
import type { Gallery } from '../gallery/gallery.js';
import type { MatcherSource, PeopleFinder } from '../matching/matcher.js';
import type { ThresholdSource } from '../matching/thresholds/threshold-source.js';
import type { LivenessPolicy, PersonLookup } from '../people/naming.js';
import type { Enrolment } from '../people/enrolment.js';
import type { Observer } from '../people/observer.js';
import type { People } from '../people/people.js';
import type { Erasure } from '../privacy/erasure.js';
import type { DataPlace, PluginData } from '../privacy/plugin-data.js';
import type { RostroError } from '../shared/errors.js';
import type { AccessTable } from './access-table.js';
import type { Area } from './openapi/operation.js';
import type { RequestLimits } from './photos.js';

export interface PluginStatus {
  readonly name: string;
  readonly on: boolean;
}

/**
 * An optional part of the server. `src/app/plugins.ts` lists the plugins; no other file imports them. Code that is large or
 * needs an optional package should be imported when it is used, with `import()`.
 * @typeParam Config the part of the configuration that the plugin reads
 */
export interface Plugin<Config = unknown> {
  /** In the JSON of the API, and in texts of the page Server: `integrations.plugin.NAME`. */
  readonly name: string;
  /** Whether the configuration uses it. */
  isOn(config: Config): boolean;
  /** Inference engines, by the value of the setting `ENGINE`. */
  readonly engines?: Readonly<Record<string, EngineSpec>>;
  /** A receiver of camera events; null where the configuration has none. */
  receiver?(config: Config): Promise<OpenReceiver | null>;
  /** Opens what the plugin keeps at one place, for the server and for commands. */
  open?(place: DataPlace): OpenPlugin;
}

export interface OpenPlugin {
  readonly data?: PluginData;
  /** For the server. */
  http?(): Promise<HttpPlugin>;
}

/** An HTTP API with its own paths and its own shape of errors. */
export interface HttpPlugin {
  /** Of all its paths. Errors below it, also of unknown routes, are sent by `sendError`. */
  readonly prefix: string;
  /**
   * Its routes and who may use them, as in `access-table.ts`. Keys of a group may use all of them, so each route must show
   * and change people of the caller's group only.
   */
  readonly access: AccessTable;
  /** Describes the same routes in the OpenAPI document. */
  readonly area: Area;
  /** @param services throws RostroError `not_ready` until the networks are loaded */
  routes(services: () => PluginServices, limits: RequestLimits): Router;
  sendError(response: Response, error: RostroError): void;
}

/** The parts of the server that the routes of a plugin may use. */
export interface PluginServices {
  readonly gallery: Gallery;
  readonly people: People;
  readonly erasure: Erasure;
  readonly enrolment: Enrolment;
  readonly pipeline: Pipeline;
  readonly matching: MatcherSource;
  readonly finder: PeopleFinder;
  readonly lookup: PersonLookup;
  readonly observer: Observer;
  readonly threshold: ThresholdSource;
  readonly liveness: () => LivenessPolicy;
}
