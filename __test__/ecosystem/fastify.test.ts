/** @fastify/mongodb gives a client that it was handed to the routes of a Fastify app. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import mongodb, { mongodb as driver, ObjectId } from '@fastify/mongodb';
import fastify, { type FastifyInstance } from 'fastify';
import type { Document } from 'mongodb';
import { describeOnBoth, type Handed } from './both.ts';

interface Account {
  _id: string;
  balance: number;
}

describeOnBoth('@fastify/mongodb', on => {
  it('hands the client and its database to routes', async t => {
    const { app, url } = await open(t, on, notes);
    assert.ok(app.mongo.client === on.client);
    assert.equal(app.mongo.db?.databaseName, on.db.databaseName);

    const { _id } = await send<{ _id: string }>('POST', `${url}/notes`, { text: 'first' });
    await send('POST', `${url}/notes`, { text: 'second' });
    assert.deepEqual(await send('GET', `${url}/notes/${_id}`), { _id, text: 'first' });
    assert.equal((await fetch(`${url}/notes/${new ObjectId().toHexString()}`)).status, 404);
    assert.deepEqual(await send('PUT', `${url}/notes/${_id}`, { text: 'changed' }), {
      _id,
      text: 'changed'
    });
    const texts = (await send<Document[]>('GET', `${url}/notes`)).map(({ text }) => text);
    assert.deepEqual(texts, ['changed', 'second']);
    await send('DELETE', `${url}/notes/${_id}`);
    assert.equal(await on.stored.collection('notes').countDocuments(), 1);
  });

  it('streams a cursor into a response', async t => {
    const numbers = Array.from({ length: 500 }, (_, n) => ({ n }));
    await on.stored.collection('numbers').insertMany(numbers);
    const { url } = await open(t, on, app => {
      app.get('/numbers', async (_request, reply) => {
        const cursor = app.mongo.db!.collection('numbers').find({}, { sort: { n: 1 } });
        const lines = cursor.batchSize(100).map(({ n }) => `${n}\n`);
        return reply.type('text/plain').send(lines.stream());
      });
    });
    const lines = (await (await fetch(`${url}/numbers`)).text()).trimEnd().split('\n');
    assert.deepEqual(lines.map(Number), [...numbers.keys()]);
  });

  it('answers with what the server refused', async t => {
    await on.stored.collection('names').createIndex({ name: 1 }, { unique: true }, {});
    const { url } = await open(t, on, app => {
      app.post('/names', async request => {
        await app.mongo.db!.collection('names').insertOne(request.body as Document);
        return 'ok';
      });
      app.setErrorHandler((error, _request, reply) => {
        if (!(error instanceof driver.MongoServerError)) throw error;
        const { code, keyValue } = error;
        return reply.status(409).send({ code, keyValue });
      });
    });
    await send('POST', `${url}/names`, { name: 'ada' });
    const again = await fetch(`${url}/names`, requestOf('POST', { name: 'ada' }));
    assert.equal(again.status, 409);
    assert.deepEqual(await again.json(), { code: 11000, keyValue: { name: 'ada' } });
  });

  it('lets routes use transactions', async t => {
    const accounts = on.stored.collection<Account>('accounts');
    await accounts.insertMany([
      { _id: 'here', balance: 10 },
      { _id: 'there', balance: 0 }
    ]);
    const { url } = await open(t, on, transfers);
    assert.equal((await fetch(`${url}/transfer`, requestOf('POST', { amount: 7 }))).status, 200);
    assert.equal((await fetch(`${url}/transfer`, requestOf('POST', { amount: 7 }))).status, 402);
    const balances = await accounts.find({}, { sort: { _id: 1 } }).toArray();
    assert.deepEqual(
      balances.map(({ balance }) => balance),
      [3, 7]
    );
  });

  it('keeps several clients apart by name', async t => {
    const app = fastify();
    t.after(() => app.close());
    const other = `${on.db.databaseName}_other`;
    app.register(mongodb, { client: on.client, database: on.db.databaseName, name: 'main' });
    app.register(mongodb, { client: on.client, database: other, name: 'other' });
    await app.ready();
    const named = app.mongo as unknown as Record<string, typeof app.mongo>;
    assert.equal(named['main']?.db?.databaseName, on.db.databaseName);
    assert.equal(named['other']?.db?.databaseName, other);
  });

  it('leaves the client open when the app closes', async t => {
    const { app } = await open(t, on, notes);
    await app.close();
    assert.equal((await on.db.command({ ping: 1 }))['ok'], 1);
  });
});

/** An app with the plugin and some routes, listening on a port of its own. */
async function open(t: TestContext, on: Handed, routes: (app: FastifyInstance) => void) {
  const app = fastify({ forceCloseConnections: true });
  t.after(() => app.close());
  await app.register(mongodb, { client: on.client, database: on.db.databaseName });
  routes(app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, url };
}

/** Creates, lists, reads, changes and deletes. */
function notes(app: FastifyInstance): void {
  const all = () => app.mongo.db!.collection('notes');
  const one = (request: { params: unknown }) => ({
    _id: new app.mongo.ObjectId((request.params as { id: string }).id)
  });
  app.post('/notes', async request => {
    const { insertedId } = await all().insertOne(request.body as Document);
    return { _id: insertedId };
  });
  app.get('/notes', async () => await all().find().sort({ _id: 1 }).toArray());
  app.get('/notes/:id', async (request, reply) => {
    const found = await all().findOne(one(request));
    return found ?? (await reply.status(404).send());
  });
  app.put('/notes/:id', async request => {
    const update = { $set: request.body as Document };
    return await all().findOneAndUpdate(one(request), update, { returnDocument: 'after' });
  });
  app.delete('/notes/:id', async request => await all().deleteOne(one(request)));
}

/** Moves money from one account to another, or refuses to. */
function transfers(app: FastifyInstance): void {
  app.post('/transfer', async (request, reply) => {
    const { amount } = request.body as { amount: number };
    const accounts = app.mongo.db!.collection<Account>('accounts');
    const enough = await app.mongo.client.withSession(session =>
      session.withTransaction(async () => {
        const there = { $inc: { balance: amount } };
        await accounts.updateOne({ _id: 'there' }, there, { session });
        const left = await accounts.findOneAndUpdate(
          { _id: 'here' },
          { $inc: { balance: -amount } },
          { session, returnDocument: 'after' }
        );
        if (left!.balance >= 0) return true;
        await session.abortTransaction();
        return false;
      })
    );
    return await reply.status(enough ? 200 : 402).send({ enough });
  });
}

function requestOf(method: string, body?: Document): RequestInit {
  if (body === undefined) return { method };
  const headers = { 'content-type': 'application/json' };
  return { method, headers, body: JSON.stringify(body) };
}

/** Sends JSON and reads JSON; anything but success is an error. */
async function send<T = unknown>(method: string, url: string, body?: Document): Promise<T> {
  const response = await fetch(url, requestOf(method, body));
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const text = await response.text();
  return (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as T;
}
