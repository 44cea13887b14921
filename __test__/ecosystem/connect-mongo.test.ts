/** connect-mongo keeps the sessions of an Express app in a database that a PolyPool reaches. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import MongoStore from 'connect-mongo';
import express from 'express';
import session from 'express-session';
import { Browser } from './browser.ts';
import { describeOnBoth, type Handed } from './both.ts';
import { eventually } from './eventually.ts';
import { serve } from './server.ts';

type StoreOptions = Parameters<typeof MongoStore.create>[0];

declare module 'express-session' {
  interface SessionData {
    user: string;
  }
}

/** What connect-mongo stores of a session. */
interface Stored {
  _id: string;
  session: string;
  expires: Date;
}

const HOUR_MS = 3_600_000;

describeOnBoth('connect-mongo', on => {
  const sessions = () => on.stored.collection<Stored>('sessions');

  it('keeps a login, which another instance of the app reads back', async t => {
    const [here, there] = await Promise.all([app(t, on), app(t, on)]);
    const visitor = new Browser();
    assert.equal((await visitor.get(`${here}/me`)).status, 401);
    assert.equal((await visitor.post(`${here}/login`, { user: 'ada' })).status, 204);

    const me = await visitor.get(`${there}/me`);
    assert.deepEqual([me.status, await me.text()], [200, 'ada']);
    assert.equal((await new Browser().get(`${there}/me`)).status, 401);

    const [stored] = await sessions().find().toArray();
    assert.equal(JSON.parse(stored!.session).user, 'ada');
    assert.ok(stored!.expires.getTime() > Date.now() + HOUR_MS / 2);
  });

  it('has the server remove what has expired, by an index', async () => {
    const store = open(on);
    await store.collectionP;
    const indexes = await sessions().indexes();
    const ttl = indexes.find(({ key }) => 'expires' in key);
    assert.deepEqual([ttl?.key, ttl?.expireAfterSeconds], [{ expires: 1 }, 0]);
  });

  it('moves the end of a session that is in use', async t => {
    const url = await app(t, on);
    const visitor = new Browser();
    await visitor.post(`${url}/login`, { user: 'grace' });
    const _id = idOf(visitor);
    const soon = new Date(Date.now() + 60_000);
    await sessions().updateOne({ _id }, { $set: { expires: soon } });
    assert.equal(await (await visitor.get(`${url}/me`)).text(), 'grace');
    const touched = await sessions().findOne({ _id });
    assert.ok(touched!.expires > soon);
  });

  it('forgets a session at logout', async t => {
    const url = await app(t, on);
    const visitor = new Browser();
    await visitor.post(`${url}/login`, { user: 'alan' });
    const _id = idOf(visitor);
    assert.equal(await sessions().countDocuments({ _id }), 1);
    assert.equal((await visitor.post(`${url}/logout`)).status, 204);
    assert.equal(await sessions().countDocuments({ _id }), 0);
    assert.equal((await visitor.get(`${url}/me`)).status, 401);
  });

  it('does not serve a session that has expired but is still there', async t => {
    const url = await app(t, on);
    const visitor = new Browser();
    await visitor.post(`${url}/login`, { user: 'edsger' });
    await sessions().updateOne({ _id: idOf(visitor) }, { $set: { expires: new Date(0) } });
    assert.equal((await visitor.get(`${url}/me`)).status, 401);
  });

  it('creates, updates and touches; says which by its events', async () => {
    const store = open(on, { timestamps: true, touchAfter: 1 });
    const events: string[] = [];
    for (const name of ['create', 'update', 'touch', 'destroy'] as const) {
      store.on(name, () => events.push(name));
    }
    const data = { cookie: cookie(), user: 'barbara' };
    const set = promisify(store.set.bind(store));
    await set('one', data);
    await set('one', data);
    // Touched more than a second ago, so due again.
    await promisify(store.touch.bind(store))('one', { ...data, lastModified: new Date(0) });
    await assert.rejects(
      promisify(store.touch.bind(store))('none', data),
      /Unable to find the session to touch/
    );
    const stored = await on.stored.collection('sessions').findOne({ _id: 'one' as never });
    assert.ok(stored?.['createdAt'] <= stored?.['updatedAt']);
    await promisify(store.destroy.bind(store))('one');
    assert.deepEqual(events, ['create', 'update', 'touch', 'destroy']);
  });

  it('lists, counts and clears', async () => {
    const store = open(on, { collectionName: 'listed' });
    for (const user of ['a', 'b', 'c']) {
      await promisify(store.set.bind(store))(user, { cookie: cookie(), user });
    }
    await store.collectionP.then(listed =>
      listed.updateOne({ _id: 'c' }, { $set: { expires: new Date(0) } })
    );
    const all = (await promisify(store.all.bind(store))()) as Array<{ user: string }>;
    assert.deepEqual(
      all.map(({ user }) => user),
      ['a', 'b']
    );
    assert.equal(await promisify<number>(store.length.bind(store))(), 3);
    await promisify((done: (error?: Error) => void) => store.clear(done))();
    assert.equal(await on.stored.collection('listed').countDocuments(), 0);
  });

  it('removes what has expired by itself where asked to, without waiting for the server', async t => {
    const store = open(on, {
      collectionName: 'swept',
      autoRemove: 'interval',
      // In minutes.
      autoRemoveInterval: 0.001
    });
    t.after(() => {
      clearInterval((store as unknown as { timer: NodeJS.Timeout }).timer);
    });
    await promisify(store.set.bind(store))('kept', { cookie: cookie(), user: 'kept' });
    const swept = on.stored.collection<Stored>('swept');
    await swept.insertOne({ _id: 'old', session: '{}', expires: new Date(0) });
    await eventually('the old session to go', async () => !(await swept.findOne({ _id: 'old' })));
    assert.equal(await swept.countDocuments({ _id: 'kept' }), 1);
  });

  it('encrypts what it stores, and reads it back', async t => {
    const options = { collectionName: 'secret', crypto: { secret: 'squirrel' } };
    const [here, there] = await Promise.all([app(t, on, options), app(t, on, options)]);
    const visitor = new Browser();
    await visitor.post(`${here}/login`, { user: 'mata' });
    const stored = await on.stored.collection<Stored>('secret').findOne({ _id: idOf(visitor) });
    assert.ok(!stored!.session.includes('mata'));
    assert.equal(await (await visitor.get(`${there}/me`)).text(), 'mata');
  });

  it('writes with the write concern it is given', async () => {
    const store = open(on, { writeOperationOptions: { w: 'majority', journal: true } });
    await promisify(store.set.bind(store))('durable', { cookie: cookie(), user: 'vint' });
    assert.equal(await sessions().countDocuments({ _id: 'durable' }), 1);
    await promisify(store.destroy.bind(store))('durable');
    assert.equal(await sessions().countDocuments({ _id: 'durable' }), 0);
  });
});

function cookie(): session.Cookie {
  return Object.assign(new session.Cookie(), { maxAge: HOUR_MS });
}

/** The `_id` of a visitor's session: its cookie is `s:<id>.<signature>`, URL-encoded. */
function idOf(visitor: Browser): string {
  const value = decodeURIComponent(visitor.cookies.get('connect.sid')!);
  return value.slice(2, value.indexOf('.'));
}

function open(on: Handed, options: Partial<StoreOptions> = {}): MongoStore {
  return MongoStore.create({ client: on.client, dbName: on.db.databaseName, ...options });
}

/** An instance of the app, with a store of its own; returns its URL. */
async function app(t: TestContext, on: Handed, options?: Partial<StoreOptions>): Promise<string> {
  const store = open(on, options);
  const handler = express();
  handler.use(express.urlencoded({ extended: false }));
  handler.use(
    session({
      store,
      secret: 'shared by the instances',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: HOUR_MS }
    })
  );
  handler.post('/login', (request, response, next) => {
    request.session.regenerate(error => {
      if (error) {
        next(error);
        return;
      }
      request.session.user = request.body.user;
      response.sendStatus(204);
    });
  });
  handler.get('/me', (request, response) => {
    if (request.session.user === undefined) response.sendStatus(401);
    else response.send(request.session.user);
  });
  handler.post('/logout', (request, response, next) => {
    request.session.destroy(error => {
      if (error) next(error);
      else response.sendStatus(204);
    });
  });
  return await serve(t, handler);
}
