/** What can't work says so: before any network where the fault is the caller's, in time elsewhere. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** Connection strings with a fault, and what the message has to name. */
const MALFORMED: Array<[fault: string, uri: string, named: RegExp]> = [
  ['another scheme', 'postgres://u:sesame@localhost', /mongodb:\/\/|scheme/],
  ['no host', 'mongodb://u:sesame@', /host/i],
  ['an unescaped @ in the password', 'mongodb://u:ses@ame@localhost', /percent-encod|escap/i],
  ['an unescaped : in the password', 'mongodb://u:sesame:x@localhost', /percent-encod|escap/i],
  ['an unescaped / in the password', 'mongodb://u:sesame/x@localhost', /percent-encod|escap/i],
  ['an unescaped % in the password', 'mongodb://u:sesame%x@localhost', /percent-encod|escap/i],
  ['a port with mongodb+srv', 'mongodb+srv://u:sesame@cluster.example.com:27017', /port/i],
  ['a port out of range', 'mongodb://u:sesame@localhost:70000', /port/i],
  ['an unknown option', 'mongodb://u:sesame@localhost/?maxpolsize=3', /maxpolsize.*maxPoolSize/s],
  ['a value of the wrong type', 'mongodb://u:sesame@localhost/?maxPoolSize=ten', /maxPoolSize/]
];

describe('A malformed connection string', () => {
  for (const [fault, uri, named] of MALFORMED) {
    it(`with ${fault} is refused at once, without showing the password`, () => {
      assert.throws(
        () => new PolyPool(uri),
        error => {
          assert.ok(error instanceof Error);
          assert.equal(error.name, 'MongoParseError');
          assert.match(error.message, named);
          assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /sesame|ses@ame/);
          return true;
        }
      );
    });
  }
});

describe('Options of a wrong type', () => {
  const wrong: Array<[options: object, path: RegExp]> = [
    [{ maxPoolSize: 'many' }, /maxPoolSize/],
    [{ maxPoolSize: -1 }, /maxPoolSize/],
    [{ readPreference: 'nearby' }, /read ?preference/i],
    [{ shared: 'yes' }, /options\.shared/],
    [{ noSuchOption: 1 }, /noSuchOption/i]
  ];
  for (const [options, path] of wrong) {
    it(`are refused at once: ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => new PolyPool('mongodb://localhost', options),
        error => {
          assert.match((error as Error).name, /^Mongo(Parse|InvalidArgument)Error$/);
          assert.match((error as Error).message, path);
          return true;
        }
      );
    });
  }
});

describe('A server that cannot be used', () => {
  it('ends the selection in time and says that the connection was refused', async () => {
    const server = net.createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await new Promise(resolve => server.close(resolve));
    const pool = new PolyPool(`mongodb://127.0.0.1:${port}`, { serverSelectionTimeoutMS: 200 });
    const started = performance.now();
    await assert.rejects(pool.connect(), error => {
      const { name, message, reason } = error as Error & {
        reason: { servers: Map<string, unknown> };
      };
      assert.equal(name, 'MongoServerSelectionError');
      assert.match(message, new RegExp(`127\\.0\\.0\\.1:${port}.*refused`, 's'));
      assert.equal(reason.constructor.name, 'TopologyDescription');
      assert.ok(reason.servers.has(`127.0.0.1:${port}`));
      return true;
    });
    assert.ok(performance.now() - started < 2_000);
    await pool.close();
  });

  it('ends the selection and says that the name could not be resolved', async () => {
    const pool = new PolyPool('mongodb://no-such-host.invalid', { serverSelectionTimeoutMS: 300 });
    await assert.rejects(pool.connect(), {
      name: 'MongoServerSelectionError',
      message: /no-such-host\.invalid.*(lookup|resolv|not known|dns)/is
    });
    await pool.close();
  });

  it('fails queued operations together, not one after the other', async () => {
    const options = { serverSelectionTimeoutMS: 200, maxPoolSize: 1 };
    const pool = new PolyPool('mongodb://127.0.0.1:1', options);
    const started = performance.now();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => pool.db('d').collection('c').findOne({}))
    );
    assert.ok(outcomes.every(outcome => outcome.status === 'rejected'));
    assert.ok(performance.now() - started < 2_000);
    await pool.close();
  });
});

describe('A document that cannot be sent', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await sharedMongod();
    pool = await PolyPool.connect(mongod.uri);
  });
  after(async () => {
    await pool.db(database).dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  const collection = () => pool.db(database).collection<Record<string, unknown>>('c');

  it('is refused when it contains itself, and nothing is inserted', async () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    await assert.rejects(collection().insertOne(cycle), /BSONError|cyclic|circular/i);
    assert.equal(await collection().countDocuments(), 0);
  });

  it('is refused by the server when it is too large', async () => {
    const large = { text: 'x'.repeat(16 * 1024 * 1024) };
    await assert.rejects(collection().insertOne(large), { name: 'MongoServerError' });
  });

  it('is refused when it nests too deep', async () => {
    let deep: Record<string, unknown> = {};
    for (let i = 0; i < 500; i++) deep = { deep };
    await assert.rejects(collection().insertOne(deep));
    assert.equal((await pool.db('admin').command({ ping: 1 }))['ok'], 1);
  });

  it('is refused when its raw bytes are corrupted, naming which one', async () => {
    const bytes = Buffer.from('160000000278000a00000068656c6c6f20796f750000', 'hex');
    const broken = Buffer.from(bytes);
    broken[7] = 0x7f;
    const documents = [bytes, broken] as unknown as Array<Record<string, unknown>>;
    await assert.rejects(collection().insertMany(documents, { raw: true }), {
      name: 'MongoInvalidArgumentError',
      message: /docs\[1\]/
    });
    assert.equal(await collection().countDocuments(), 0);
  });
});
