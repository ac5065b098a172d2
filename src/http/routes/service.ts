import express, { Router } from 'express';
import { RostroError } from '../../shared/errors.js';
import type { Metrics } from '../../shared/prometheus.js';
import { identityOf } from '../caller.js';
import { openApiDocument } from '../openapi/document.js';
import { parseRequest } from '../parse.js';
import type { HttpPlugin } from '../plugin.js';
import { publicPathOf } from '../public-path.js';
import type { NotReadyReason } from '../readiness.js';
import { calibrationChoice, calibrationQuery } from '../schemas.js';
import type { Services } from '../services.js';

const NOT_READY_MESSAGES: Readonly<Record<NotReadyReason, string>> = {
  storage: 'The disk does not take changes to the gallery.',
  database:
    'The database cannot be reached: people are recognised as they were known last, and nothing can be changed.',
  queue: 'As many photos wait as may wait.',
  embedding: 'The thread that embeds faces has ended.',
  workers: 'No worker can take a photo: they are being started again.',
};

/**
 * `GET /healthz`: the process answers. `GET /readyz`: networks, queue and gallery work; with a valid key also the models
 * and the number of people. `GET /status`: versions and models, for the pages.
 */
export function healthRoutes(services: () => Services, version: string): Router {
  return Router()
    .get('/healthz', (_request, response) => {
      response.json({ status: 'ok' });
    })
    .get('/readyz', async (_request, response) => {
      const { recognition, people, readiness } = services();
      const reason = await readiness.notReadyReason();
      if (reason !== null) throw new RostroError('not_ready', NOT_READY_MESSAGES[reason], { details: { reason } });
      const details = { model: recognition.model, people: people.count };
      response.json({ status: 'ready', ...(identityOf(response) && details) });
    })
    .get('/status', async (_request, response) => {
      const { recognition, licences, threshold, people, history, enrolment } = services();
      const { model } = recognition;
      const { value, source } = threshold.inUse;
      response.json({
        version,
        model,
        licences,
        threshold: value,
        thresholdSource: source,
        strangersNamed: threshold.strangersNamed,
        thresholdNote: threshold.note,
        people: people.count,
        history: await statusOf(history),
        liveness: model.liveness !== 'off',
        attributes: recognition.guessesAttributes,
        consent: enrolment.consent,
      });
    });
}

async function statusOf({ days, strangerDays, store }: Services['history']) {
  const summary = await store.summary().catch(() => null);
  const { count: sightings = null, strangers = null } = summary ?? {};
  return { days, sightings, since: summary?.since?.toISOString() ?? null, strangerDays, strangers };
}

/** `GET /metrics`: for Prometheus. */
export function metricsRoute(metrics: Metrics): Router {
  return Router().get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text());
  });
}

/** `GET /openapi.json`, made at the first request. */
export function openApiRoute(version: string, plugins: readonly HttpPlugin[]): Router {
  let document: ReturnType<typeof openApiDocument> | undefined;
  return Router().get('/openapi.json', (request, response) => {
    document ??= openApiDocument(version, plugins);
    const [server] = document.servers;
    response.json({ ...document, servers: [{ ...server, url: `${publicPathOf(request)}/` }] });
  });
}

const json = express.json({ limit: '1kb' });

/**
 * `GET /calibration?far=0.01`: the recommended threshold of this gallery, and data for a chart. `POST /calibration` stores a
 * threshold, which is in use at once.
 */
export function calibrationRoutes(services: () => Services): Router {
  return Router()
    .get('/calibration', async (request, response) => {
      const { far } = parseRequest(calibrationQuery, request.query, 'query');
      response.json(await services().calibration.report(far));
    })
    .post('/calibration', json, async (request, response) => {
      const choice = parseRequest(calibrationChoice, request.body, 'body');
      const { calibration, threshold, applyThreshold } = services();
      if (!calibration.isSettable) {
        const { value } = threshold.inUse;
        throw new RostroError('threshold_set', `The setting THRESHOLD is set on this server: ${value} stays in use.`);
      }
      const { threshold: chosen, far, people, appliedAt } = await applyThreshold(choice);
      response.json({ threshold: chosen, far, people, appliedAt });
    });
}
