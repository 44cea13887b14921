// Owns the routes: a multi-tenant API over countries. One pool serves every tenant.
// Must not know how the pool was made, nor who listens: server.mjs does both.

import express from 'express';
import { RequestError, readCode, readCountry, readFields, toClient } from './country.mjs';
import { TENANTS, countriesOf } from './tenants.mjs';

/** The server's code for a document whose `_id` is taken. */
const DUPLICATE_KEY = 11000;
const MAX_LIMIT = 100;

/** Makes the app around a pool. */
export function createApp(pool) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '100kb' }));
  app.param('tenant', (request, response, next, tenant) => {
    next(TENANTS.includes(tenant) ? undefined : new RequestError(404, `No tenant "${tenant}"`));
  });

  app.get('/health', async (request, response) => {
    try {
      response.json({ status: 'ok', pingMS: await ping(pool) });
    } catch {
      response.status(503).json({ status: 'unavailable' });
    }
  });

  app.get('/stats', async (request, response) => {
    const pingMS = await ping(pool);
    const counts = TENANTS.map(async tenant => {
      return [tenant, await countriesOf(pool, tenant).countDocuments()];
    });
    const countries = Object.fromEntries(await Promise.all(counts));
    response.json({ uptimeS: Math.round(process.uptime()), pingMS, countries });
  });

  app.get('/tenants', (request, response) => {
    response.json(TENANTS.map(name => ({ name, countries: `/tenants/${name}/countries` })));
  });

  app.use('/tenants/:tenant/countries', countryRoutes(pool));
  app.use(() => {
    throw new RequestError(404, 'No such route');
  });
  app.use(answerError);
  return app;
}

function countryRoutes(pool) {
  const routes = express.Router({ mergeParams: true });
  const countries = ({ params }) => countriesOf(pool, params.tenant);

  routes.get('/', async (request, response) => {
    const limit = readCount('limit', request.query.limit ?? '20', MAX_LIMIT);
    const page = readCount('page', request.query.page ?? '1', 10_000);
    const filter = readSearch(request.query.q);
    const [total, found] = await Promise.all([
      countries(request).countDocuments(filter),
      countries(request)
        .find(filter)
        .sort({ name: 1, _id: 1 })
        .skip((page - 1) * limit)
        .limit(limit)
        .toArray()
    ]);
    response.json({ total, page, limit, countries: found.map(toClient) });
  });

  routes.get('/:code', async (request, response) => {
    const country = await countries(request).findOne({ _id: readCode(request.params.code) });
    if (!country) throw notFound(request);
    response.json(toClient(country));
  });

  routes.post('/', async (request, response) => {
    const country = readCountry(request.body);
    try {
      await countries(request).insertOne(country);
    } catch (error) {
      if (error.code !== DUPLICATE_KEY) throw error;
      throw new RequestError(409, `The code ${country._id} is taken`);
    }
    response.status(201).location(`${request.baseUrl}/${country._id}`).json(toClient(country));
  });

  routes.patch('/:code', async (request, response) => {
    const filter = { _id: readCode(request.params.code) };
    const change = await countries(request).updateOne(filter, { $set: readFields(request.body) });
    if (change.matchedCount === 0) throw notFound(request);
    const country = await countries(request).findOne(filter);
    if (!country) throw notFound(request);
    response.json(toClient(country));
  });

  routes.delete('/:code', async (request, response) => {
    const { deletedCount } = await countries(request).deleteOne({
      _id: readCode(request.params.code)
    });
    if (deletedCount === 0) throw notFound(request);
    response.status(204).end();
  });

  return routes;
}

/** How long the database takes to answer, in milliseconds. */
async function ping(pool) {
  const start = performance.now();
  await pool.db('admin').command({ ping: 1 });
  return Number((performance.now() - start).toFixed(2));
}

function readCount(name, text, maximum) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maximum) {
    throw new RequestError(400, `${name} must be a whole number from 1 to ${maximum}`);
  }
  return value;
}

/** A filter on the name. The text is escaped: a client searches for it, it writes no pattern. */
function readSearch(text) {
  if (text === undefined) return {};
  if (typeof text !== 'string' || text.length > 100) {
    throw new RequestError(400, 'q must be one text of at most 100 characters');
  }
  const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return { name: { $regex: pattern, $options: 'i' } };
}

function notFound({ params }) {
  return new RequestError(404, `No country ${params.code} in ${params.tenant}`);
}

/** Answers every error as JSON. Only errors of the client's making say what they are. */
function answerError(error, request, response, next) {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  if (status === 500) console.error(error);
  response.status(status).json({ error: status === 500 ? 'Internal error' : error.message });
}
