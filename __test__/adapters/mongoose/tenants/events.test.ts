/** Listeners and callbacks run as the tenant of the code that they are given by. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { PACKAGES, Tenancy, until, type WrappedModel } from './tenancy.ts';

for (const name of PACKAGES) {
  describe(`Events in a tenant's context, with ${name}`, () => {
    let on: Tenancy;
    let a: string;
    let b: string;
    let Note: WrappedModel;
    let Log: WrappedModel;

    before(async () => {
      on = await Tenancy.open(name);
      [a, b] = [on.tenant('a'), on.tenant('b')];
      const { Schema } = on.mongoose;
      Note = on.model('Note', new Schema({ text: String }));
      Log = on.model('Log', new Schema({ text: String }));
    });
    beforeEach(async () => {
      for (const model of [Note, Log]) {
        for (const tenant of [on.database, a, b]) {
          await on.pool.db(tenant).collection(model.collection.name).deleteMany();
        }
      }
    });
    after(() => on.close());

    async function logged(): Promise<string[][]> {
      const stored = [on.database, a, b].map(tenant => on.stored(tenant, 'logs'));
      return (await Promise.all(stored)).map(found => found.map(({ text }) => text as string));
    }

    const log = (text: string): void => void Log.create({ text });

    it('are those of a change stream', async () => {
      const watch = (tenant: string): any =>
        on.pool.withTenant(tenant, () => {
          const stream = Note.watch();
          stream.on('change', (change: any) => log(change.fullDocument.text));
          return stream;
        });
      const streams = [watch(a), watch(b)];
      await Promise.all(streams.map(stream => once(stream, 'resumeTokenChanged')));
      await Note.db(a).create({ text: 'to a' });
      await Note.db(b).create({ text: 'to b' });
      await until('both have told', async () => (await logged()).flat().length === 2);
      assert.deepEqual(await logged(), [[], ['to a'], ['to b']]);
      await Promise.all(streams.map(stream => stream.close()));
    });

    it('are those of a stream that tenants share', async () => {
      const collection = on.pool.db(on.database).collection('common');
      await collection.insertOne({ text: 'before' });
      const watch = (tenant: string): any =>
        on.pool.withTenant(tenant, () => {
          const stream: any = collection.watch([], { shared: true });
          stream.on('change', (change: any) => {
            if (change.operationType === 'insert') log(`${tenant}: ${change.fullDocument.text}`);
          });
          stream.on('close', () => log(`${tenant}: closed`));
          return stream;
        });
      const streams = [watch(a), watch(b)];
      await until('it is open', async () => on.pool.watches().length === 1);
      await until('both have heard', async () => {
        await collection.insertOne({ text: 'x' });
        const [, inA, inB] = await logged();
        return inA!.length > 0 && inB!.length > 0;
      });
      await collection.drop();
      await until('both are closed', async () => {
        return (await logged()).flat().filter(text => text.endsWith('closed')).length === 2;
      });
      const [nobody, ...tenants] = await logged();
      assert.deepEqual(nobody, []);
      for (const [index, tenant] of [a, b].entries()) {
        for (const text of tenants[index]!) assert.ok(text.startsWith(`${tenant}: `), text);
      }
      await Promise.all(streams.map(stream => stream.close()));
    });

    const READS: Record<string, (cursor: any) => Promise<unknown>> = {
      data: async cursor => {
        cursor.on('data', (one: any) => log(one.text));
        await once(cursor, 'end');
      },
      eachAsync: async cursor =>
        await cursor.eachAsync((one: any) => Log.create(one.toObject?.() ?? one)),
      iteration: async cursor => {
        for (let one = await cursor.next(); one; one = await cursor.next()) log(one.text);
      }
    };

    it('leave hooks of what a cursor reads to the tenant of the documents', async () => {
      const schema = new on.mongoose.Schema({ text: String });
      schema.post('find', async (found: any[]) => {
        await Log.create({ text: `hook ${found[0].text}` });
      });
      const Hooked = on.model('Hooked', schema);
      for (const read of Object.values(READS)) {
        await Hooked.db(b).deleteMany();
        await Log.db(b).deleteMany();
        await Hooked.db(b).insertMany([{ text: '1' }, { text: '2' }]);
        const cursor = Hooked.db(b).find().sort('text').cursor();
        await until('it is open', async () => Boolean(cursor.cursor));
        await on.pool.withTenant(a, async () => await read(cursor));
        const [, , inB] = await logged();
        assert.deepEqual(inB, ['hook 1', 'hook 2']);
      }
    });

    for (const [kind, read] of Object.entries(READS)) {
      it(`are those of a cursor, read by ${kind}`, async () => {
        const texts = ['1', '2', '3'];
        for (const tenant of [a, b]) {
          await Note.db(tenant).insertMany(texts.map(text => ({ text })));
        }
        await on.pool.withTenant(a, async () => await read(Note.find().sort('text').cursor()));
        await until('all are told', async () => (await logged()).flat().length === 3);
        assert.deepEqual(
          (await logged()).map(found => found.toSorted()),
          [[], texts, []]
        );
        // Another tenant's documents, for code of the one's.
        await on.pool.withTenant(
          a,
          async () => await read(Note.db(b).find().sort('text').cursor())
        );
        await until('all are told', async () => (await logged()).flat().length === 6);
        assert.deepEqual(
          (await logged()).map(found => found.length),
          [0, 6, 0]
        );
      });
    }
  });
}
