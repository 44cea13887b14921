/** A server that speaks TLS only: whom its clients trust, and what they say when they do not. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { MongoServerSelectionError } from 'mongodb';
import { PolyPool, type PolyPoolOptions } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** How long selection may take where it is to fail, in milliseconds. */
const SELECTION_MS = 500;
/** What a failure in time may take, in milliseconds, on a busy machine. */
const IN_TIME_MS = 5_000;

describe('A server that requires TLS', () => {
  const database = uniqueDatabase();
  let mongod: Mongod;
  /** The file of the authority that vouches for the server. */
  let authority: string;
  /** The set's address without any option about TLS. */
  let plain: string;

  before(async () => {
    mongod = await startMongod({ tls: true });
    const { searchParams } = new URL(mongod.uri);
    authority = searchParams.get('tlsCAFile')!;
    plain = `mongodb://127.0.0.1:${mongod.ports[0]!}/?replicaSet=polypool`;
  });
  after(() => mongod.stop());

  async function use(uri: string, options?: PolyPoolOptions): Promise<void> {
    const pool = new PolyPool(uri, options);
    try {
      const documents = pool.db(database).collection<{ _id: number }>('c');
      await documents.updateOne({ _id: 1 }, { $set: { safe: true } }, { upsert: true });
      assert.deepEqual(await documents.findOne({}), { _id: 1, safe: true });
    } finally {
      await pool.close();
    }
  }

  /** What a pool with these options says when it can't connect, in time. */
  async function refusal(
    uri: string,
    options: PolyPoolOptions
  ): Promise<MongoServerSelectionError> {
    const started = performance.now();
    try {
      await use(uri, { serverSelectionTimeoutMS: SELECTION_MS, ...options });
    } catch (error) {
      const took = performance.now() - started;
      assert.ok(took < IN_TIME_MS, `took ${took.toFixed()} ms`);
      assert.ok(error instanceof MongoServerSelectionError, String(error));
      return error;
    }
    return assert.fail('It connected');
  }

  it('is trusted by the file of its authority, in the connection string', () => use(mongod.uri));

  it('is trusted by the file of its authority, in the options', () =>
    use(plain, { tls: true, tlsCAFile: authority }));

  it('is trusted by the bytes or the text of its authority', async () => {
    const bytes = await readFile(authority);
    await use(plain, { tls: true, ca: bytes });
    await use(plain, { tls: true, ca: bytes.toString() });
    await use(plain, { tls: true, ca: [bytes] });
  });

  it('is trusted blindly when told so', () =>
    use(plain, { tls: true, tlsAllowInvalidCertificates: true }));

  it('is not trusted without its authority, and the error says it is the certificate', async () => {
    const error = await refusal(plain, { tls: true });
    assert.match(error.message, /certificate/i);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${mongod.ports[0]!}`));
  });

  it('is not trusted by another authority, and the error says it is the certificate', async () => {
    const other = await startMongod({ tls: true });
    try {
      const tlsCAFile = new URL(other.uri).searchParams.get('tlsCAFile')!;
      const error = await refusal(plain, { tls: true, tlsCAFile });
      assert.match(error.message, /certificate/i);
    } finally {
      await other.stop();
    }
  });

  it('refuses a client that speaks no TLS, which says so in time', async () => {
    const error = await refusal(plain, {});
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${mongod.ports[0]!}: .+`));
  });

  it('is more than a server without it offers, and the error says so in time', async () => {
    const server: Server = createServer(socket => {
      socket.on('error', () => undefined);
      socket.end('this is no TLS\n'.repeat(10));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
      const error = await refusal(uri, { tls: true, tlsCAFile: authority });
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}: .+`));
    } finally {
      server.close();
    }
  });

  it('needs an authority whose file is there, or the pool says at once which one is not', async () => {
    const missing = `${authority}.missing`;
    await assert.rejects(use(plain, { tls: true, tlsCAFile: missing }), (error: Error) => {
      assert.match(error.name, /^Mongo/);
      assert.ok(error.message.includes(missing), error.message);
      return true;
    });
  });
});
