/** `pool.withTenant()`: plain models inside it are the tenant's, wherever the code that uses them comes to. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import express from 'express';
import fastify from 'fastify';
import { tenantHook, tenantMiddleware, tenantRoute } from 'polypool/tenants';
import { serve } from '../../../ecosystem/server.ts';
import { PACKAGES, Tenancy, type WrappedModel } from './tenancy.ts';

for (const name of PACKAGES) {
  describe(`A tenant's context, with ${name}`, () => {
    let on: Tenancy;
    let a: string;
    let b: string;
    let Note: WrappedModel;
    let Topic: WrappedModel;

    before(async () => {
      on = await Tenancy.open(name);
      [a, b] = [on.tenant('a'), on.tenant('b')];
      const { Schema } = on.mongoose;
      Topic = on.model('Topic', new Schema({ name: String }));
      const note = new Schema({ text: String, topic: { type: Schema.Types.ObjectId, ref: Topic } });
      note.statics['texts'] = async function (this: any) {
        return [this.db.name, ...(await this.find().distinct('text'))];
      };
      Note = on.model('Note', note);
      for (const tenant of [a, b]) await Topic.db(tenant).create({ name: tenant });
    });
    beforeEach(async () => {
      for (const tenant of [a, b]) await Note.db(tenant).deleteMany();
    });
    after(() => on.close());

    async function texts(tenant: string): Promise<string[]> {
      return (await on.stored(tenant, 'notes')).map(({ text }) => text as string);
    }

    it('is where the indexes are made that a plain model waits for', async () => {
      const schema = new on.mongoose.Schema({ code: { type: String, unique: true } });
      const Code = on.model('Code', schema);
      await on.pool.withTenant(a, async () => {
        await Code.init();
        await Code.create({ code: 'x' });
        await assert.rejects(Code.create({ code: 'x' }), { code: 11000 });
      });
      await Code.init();
      for (const name of [a, on.database]) {
        const indexes = await on.pool.db(name).collection('codes').indexInformation();
        assert.deepEqual(Object.keys(indexes), ['_id_', 'code_1'], name);
      }
    });

    it('is where plain models read and write', async () => {
      const made = await on.pool.withTenant(a, async () => {
        const note = new Note({ text: 'one', topic: await Topic.findOne() });
        await note.save();
        assert.equal(Note.collection.conn.name, a);
        assert.equal(Note.db.name, a);
        assert.equal((await Note.findOne().populate('topic')).topic.name, a);
        assert.deepEqual(await Note.texts(), [a, 'one']);
        assert.equal((await Note.aggregate([{ $match: {} }])).length, 1);
        return note;
      });
      assert.equal(made.constructor, Note.db(a));
      assert.deepEqual(await texts(a), ['one']);
      assert.equal(await Note.countDocuments(), 0);
      made.text = 'two';
      await made.save();
      assert.deepEqual(await texts(a), ['two']);
    });

    it('goes with a query that is run outside of it', async () => {
      await Note.db(a).create({ text: 'one' });
      const query = on.pool.withTenant(a, () => ({ query: Note.find() })).query;
      const [found] = await query;
      assert.equal(found.text, 'one');
      found.text = 'two';
      await found.save();
      assert.deepEqual(await texts(a), ['two']);
    });

    it('survives timers, ticks, streams, emitters and cursors', async () => {
      const emitter = new EventEmitter();
      await on.pool.withTenant(a, async () => {
        const create = (text: string): Promise<unknown> => Note.create({ text });
        await delay(1);
        await create('timer');
        await new Promise(resolve => setImmediate(() => resolve(create('immediate'))));
        await new Promise(resolve => process.nextTick(() => resolve(create('tick'))));
        const streamed = async function* (source: AsyncIterable<string>) {
          for await (const text of source) yield await create(text);
        };
        await pipeline(Readable.from(['stream']), streamed, async source => {
          for await (const one of source) assert.ok(one);
        });
        const heard = once(emitter, 'done');
        setTimeout(() => emitter.emit('done'), 1);
        await heard;
        await create('emitter');
        await Note.find()
          .cursor()
          .eachAsync(async (found: any) => {
            assert.equal(found.db.name, a);
            await Topic.create({ name: `of ${found.text}` });
          });
        const pool = on.pool.db(a).collection('notes').find().stream();
        for await (const one of pool) assert.ok(one.text && (await Topic.countDocuments()));
      });
      assert.equal((await texts(a)).length, 5);
      assert.equal((await on.stored(a, 'topics')).length, 6);
      await Topic.db(a).deleteMany({ name: /^of/ });
      assert.equal(await Topic.countDocuments(), 0);
    });

    it('is left with what began in it, and may have another in it', async () => {
      await on.pool.withTenant(a, async () => {
        await Note.create({ text: 'outer' });
        await on.pool.withTenant(b, () => Note.create({ text: 'inner' }));
        await Note.db(b).create({ text: 'by a view' });
        await Note.create({ text: 'outer again' });
      });
      assert.deepEqual(await texts(a), ['outer', 'outer again']);
      assert.deepEqual(await texts(b), ['inner', 'by a view']);
    });

    it('has its transactions', async () => {
      const { connection } = on.mongoose;
      await on.pool.withTenant(a, async () => {
        const attempt = connection.transaction(async session => {
          await Note.create([{ text: 'undone' }], { session });
          throw new Error('no');
        });
        await assert.rejects(attempt, /no/);
        await connection.transaction(async session => {
          await Note.create([{ text: 'done' }], { session });
        });
      });
      assert.deepEqual(await texts(a), ['done']);
    });

    it('gives back what the function gives, at once or later', async () => {
      assert.equal(
        on.pool.withTenant(a, () => 5),
        5
      );
      assert.equal(await on.pool.withTenant(a, async () => await delay(1, 6)), 6);
      assert.throws(() => on.pool.withTenant('a.b', () => 5), {
        name: 'MongoInvalidArgumentError'
      });
    });

    it('is listed with its last use', async () => {
      const c = on.tenant('c');
      const since = Date.now();
      await on.pool.withTenant(c, () => Note.countDocuments());
      const [latest] = on.pool.tenants();
      assert.equal(latest!.name, c);
      assert.ok(latest!.lastUsedAt.getTime() >= since);
      assert.ok(on.pool.tenants().some(one => one.name === a));
    });
  });
}

describe('requireTenant', () => {
  let on: Tenancy;
  let M: WrappedModel;
  let a: string;
  const refused = { name: 'PolyPoolError', code: 'POLYPOOL_TENANT_REQUIRED' };

  before(async () => {
    on = await Tenancy.open('mongoose', { requireTenant: true });
    a = on.tenant('a');
    M = on.model('M', new on.mongoose.Schema({ n: { type: Number, index: true } }));
  });
  after(() => on.close());

  it('refuses operations of wrapped models outside of a context', async () => {
    const message = /^M\.find needs a tenant/;
    assert.throws(() => M.find(), { ...refused, message });
    for (const attempt of [
      () => M.create({ n: 1 }),
      () => M.insertMany([{ n: 1 }]),
      () => M.aggregate([]),
      () => M.bulkWrite([]),
      () => M.watch(),
      () => M.findOneAndUpdate({}, { n: 1 }),
      () => M.collection.insertOne({ n: 1 }),
      () => M.syncIndexes(),
      () => new M({ n: 1 }).save()
    ]) {
      await assert.rejects(async () => await attempt(), refused, String(attempt));
    }
    assert.equal((await on.stored(on.database, 'ms')).length, 0);
  });

  it('lets those of tenants through, and models that are not wrapped', async () => {
    await M.db(a).create({ n: 1 });
    await on.pool.withTenant(a, async () => {
      await M.create({ n: 2 });
      await new M({ n: 3 }).save();
    });
    assert.equal(await M.db(a).countDocuments(), 3);
    const Plain = on.mongoose.model('Plain', new on.mongoose.Schema({ n: Number }));
    await Plain.create({ n: 1 });
    assert.equal(await Plain.countDocuments(), 1);
    await M.init();
  });

  it('must be a boolean', async () => {
    await assert.rejects(
      async () => await Tenancy.open('mongoose', { requireTenant: 'yes' as never }),
      { message: /options\.requireTenant must/ }
    );
  });
});

describe('Requests run as their tenants', () => {
  let on: Tenancy;
  let Note: WrappedModel;
  const tenants = ['a', 'b', 'c'];

  before(async () => {
    on = await Tenancy.open('mongoose', { requireTenant: true });
    Note = on.model('Note', new on.mongoose.Schema({ text: String }));
    for (const one of tenants) await Note.db(on.tenant(one)).create({ text: one });
  });
  after(() => on.close());

  async function ask(url: string): Promise<void> {
    await Promise.all(
      [...tenants, ...tenants, ...tenants].map(async one => {
        const response = await fetch(url, { headers: { 'x-tenant': on.tenant(one) } });
        assert.deepEqual(await response.json(), [one]);
      })
    );
    assert.equal((await fetch(url)).status, 500);
    assert.equal((await fetch(url, { headers: { 'x-tenant': 'a.b' } })).status, 500);
    assert.equal((await fetch(url, { headers: { 'x-tenant': 'throw' } })).status, 500);
  }

  function nameOf(given: unknown): string | undefined {
    if (given === 'throw') throw new Error('no such tenant');
    return given as string | undefined;
  }

  async function texts(): Promise<string[]> {
    await delay(1);
    return (await Note.find().lean()).map(({ text }: any) => text);
  }

  for (const isLater of [false, true]) {
    it(`in Express, with a name that is known ${isLater ? 'later' : 'at once'}`, async t => {
      const app = express();
      app.use(
        tenantMiddleware<express.Request>(on.pool, request => {
          const name = nameOf(request.headers['x-tenant']);
          return isLater ? delay(1, name) : name;
        })
      );
      app.get('/', async (_, response) => {
        response.json(await texts());
      });
      app.use(((_error, _request, response, _next) => {
        response.status(500).end();
      }) as express.ErrorRequestHandler);
      await ask(await serve(t, app));
    });
  }

  it('in Fastify', async t => {
    const app = fastify();
    app.addHook(
      'onRequest',
      tenantHook<{ headers: Record<string, unknown> }>(on.pool, request =>
        nameOf(request.headers['x-tenant'])
      )
    );
    app.get('/', texts);
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    t.after(() => app.close());
    await ask(url);
  });

  it('in handlers of requests', async () => {
    const GET = tenantRoute(
      async () => on.pool,
      (request: Request) => nameOf(request.headers.get('x-tenant')),
      async (request: Request, more: number) => [request.method, more, ...(await texts())]
    );
    const request = new Request('http://x', { headers: { 'x-tenant': on.tenant('b') } });
    assert.deepEqual(await GET(request, 5), ['GET', 5, 'b']);
    await assert.rejects(GET(new Request('http://x'), 5), { code: 'POLYPOOL_TENANT_REQUIRED' });
    const byPath = tenantRoute(
      on.pool,
      async (_: Request, { params }: { params: Promise<{ tenant: string }> }) =>
        nameOf((await params).tenant),
      texts
    );
    const params = (tenant: string): any => ({ params: Promise.resolve({ tenant }) });
    assert.deepEqual(await byPath(request, params(on.tenant('a'))), ['a']);
    await assert.rejects(byPath(request, params('throw')), /no such tenant/);
  });
});
