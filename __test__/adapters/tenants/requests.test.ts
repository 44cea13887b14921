/** `polypool/tenants`: requests with a body are their tenants', too, and an error is passed on once. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import express from 'express';
import fastify from 'fastify';
import { tenantHook, tenantMiddleware } from 'polypool/tenants';
import { serve } from '../../ecosystem/server.ts';
import { Tenancy, type WrappedModel } from '../mongoose/tenants/tenancy.ts';

describe('Requests with a body run as their tenants', () => {
  let on: Tenancy;
  let Note: WrappedModel;
  const tenants = ['a', 'b', 'c'];

  before(async () => {
    on = await Tenancy.open('mongoose', { requireTenant: true });
    Note = on.model('Note', new on.mongoose.Schema({ text: String }));
  });
  beforeEach(async () => {
    for (const one of tenants) await Note.db(on.tenant(one)).deleteMany();
  });
  after(() => on.close());

  /** Long enough to come in several pieces. */
  const PADDING = 'x'.repeat(90_000);

  async function post(url: string): Promise<void> {
    const requests = Array.from({ length: 30 }, async (_, n) => {
      const tenant = tenants[n % tenants.length]!;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-tenant': on.tenant(tenant) },
        body: JSON.stringify({ text: `${tenant}${n}`, padding: PADDING })
      });
      assert.deepEqual(await response.json(), { text: `${tenant}${n}` });
    });
    await Promise.all(requests);
    for (const one of tenants) {
      const texts = (await on.stored(on.tenant(one), 'notes')).map(({ text }) => text as string);
      assert.equal(texts.length, 10);
      assert.ok(
        texts.every(text => text.startsWith(one)),
        texts.join()
      );
    }
  }

  async function create({ text }: { text: string }): Promise<{ text: string }> {
    const note = await Note.create({ text });
    await delay(1);
    return { text: (await Note.findById(note._id)).text };
  }

  for (const isLater of [false, true]) {
    const when = isLater ? 'later' : 'at once';
    const nameOf = (given: unknown): any =>
      isLater ? delay(1, given as string) : (given as string);

    it(`in Express, with a name that is known ${when}`, async t => {
      const app = express();
      app.use(
        tenantMiddleware<express.Request>(on.pool, request => nameOf(request.headers['x-tenant']))
      );
      app.use(express.json());
      app.post('/', async (request, response) => {
        response.json(await create(request.body));
      });
      await post(await serve(t, app));
    });

    it(`in Fastify, with a name that is known ${when}`, async t => {
      const app = fastify();
      app.addHook(
        'onRequest',
        tenantHook<{ headers: Record<string, unknown> }>(on.pool, request =>
          nameOf(request.headers['x-tenant'])
        )
      );
      app.post('/', async request => await create(request.body as { text: string }));
      const url = await app.listen({ port: 0, host: '127.0.0.1' });
      t.after(() => app.close());
      await post(url);
    });
  }
});

describe('An error', () => {
  /** What a request comes to whose handlers throw, in a process of its own: such an error may end it. */
  function thrownAfter(name: string): string {
    const program = `
      const { tenantMiddleware } = require('polypool/tenants');
      const told = [];
      const ended = error => told.push('ended with ' + error.message);
      process.on('uncaughtException', ended);
      const middleware = tenantMiddleware({ withTenant: (_, work) => work() }, () => ${name});
      const next = error => {
        told.push(error ? 'told of ' + error.message : 'called');
        if (!error) throw new Error('theirs');
      };
      process.nextTick(() => middleware({}, {}, next));
      process.on('exit', () => console.log(told.join(', ')));
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    return stdout.trim() || stderr;
  }

  it('of the handlers is theirs: the next one is not called again', () => {
    assert.equal(thrownAfter("'a'"), 'called, ended with theirs');
    assert.equal(thrownAfter("Promise.resolve('a')"), 'called, ended with theirs');
  });

  it('of the function that names the tenant is passed on', () => {
    const refused = "(() => { throw new Error('no tenant'); })()";
    assert.equal(thrownAfter(refused), 'told of no tenant');
    assert.equal(thrownAfter("Promise.reject(new Error('no tenant'))"), 'told of no tenant');
  });
});
