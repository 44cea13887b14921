/** What no second attempt would mend ends a connect with the first, at once, and says what is wrong. */
import assert from 'node:assert/strict';
import { resolveSrv } from 'node:dns/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { serialize } from 'bson';
import { MongoClient } from 'mongodb';
import { PolyPool, type ConnectAttemptFailedEvent, type PolyPoolOptions } from 'polypool';
import { startMongod, type Mongod } from '../support/mongod.ts';

/** What one attempt may take on a busy machine, far below the time for which a server is looked for. */
const AT_ONCE_MS = 10_000;
const RETRY = { attempts: 5, baseMS: 60_000, maxMS: 60_000, jitter: 0 };

/** Connects in vain; the only attempt, and what it says. */
async function only(uri: string, options: PolyPoolOptions = {}): Promise<Error> {
  const pool = new PolyPool(uri, { connectRetry: RETRY, ...options });
  const failed: ConnectAttemptFailedEvent[] = [];
  pool.on('connectAttemptFailed', event => failed.push(event));
  const began = performance.now();
  try {
    await pool.connect({ signal: AbortSignal.timeout(AT_ONCE_MS) });
  } catch (error) {
    const took = performance.now() - began;
    assert.ok(took < AT_ONCE_MS, `took ${took.toFixed(0)} ms`);
    assert.deepEqual(
      failed.map(({ attempt, fatal, delayMS }) => [attempt, fatal, delayMS]),
      [[1, true, undefined]]
    );
    return error as Error;
  } finally {
    await pool.close();
  }
  return assert.fail('It connected');
}

/** A server that answers every command as a server of these wire versions does. */
async function fakeServer(minWireVersion: number, maxWireVersion: number): Promise<Server> {
  const reply = {
    ...{ ok: 1, isWritablePrimary: true, ismaster: true, helloOk: true },
    ...{ maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 1_000 },
    ...{ minWireVersion, maxWireVersion, localTime: new Date(), readOnly: false }
  };
  const server = createServer(socket => {
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', bytes => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 16 && received.length >= received.readInt32LE(0)) {
        const length = received.readInt32LE(0);
        socket.write(answer(received.subarray(0, length), serialize(reply)));
        received = received.subarray(length);
      }
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** As the wire protocol has it: `OP_MSG` for `OP_MSG`, else `OP_REPLY`. */
function answer(request: Buffer, document: Uint8Array): Buffer {
  const [id, opCode] = [request.readInt32LE(4), request.readInt32LE(12)];
  const isMessage = opCode === 2013;
  const head = Buffer.alloc(isMessage ? 21 : 36);
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(id, 8);
  head.writeInt32LE(isMessage ? 2013 : 1, 12);
  if (!isMessage) head.writeInt32LE(1, 32);
  return Buffer.concat([head, document]);
}

describe('A connect that can never succeed', () => {
  let plain: Mongod;
  let encrypted: Mongod;
  let guarded: Mongod;

  before(async () => {
    [plain, encrypted, guarded] = await Promise.all([
      startMongod(),
      startMongod({ tls: true }),
      startMongod({ auth: true })
    ]);
  });
  after(async () => {
    await Promise.all([plain, encrypted, guarded].map(mongod => mongod?.stop()));
  });

  it('ends at once for a server that is too old or too new', async () => {
    for (const [min, max, what] of [
      [0, 5, /requires|at most|maximum/i],
      [99, 120, /requires|at least|minimum/i]
    ] as const) {
      const server = await fakeServer(min, max);
      const { port } = server.address() as AddressInfo;
      try {
        const error = await only(`mongodb://127.0.0.1:${port}/`);
        assert.equal(error.name, 'MongoCompatibilityError');
        assert.match(error.message, what);
        const driver = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
          serverSelectionTimeoutMS: 1_000
        });
        await assert.rejects(driver.connect(), { name: /MongoCompatibilityError|Selection/ });
        await driver.close();
      } finally {
        server.close();
      }
    }
  });

  it('ends at once for a replica set of another name', async () => {
    const port = plain.ports[0]!;
    const error = await only(`mongodb://127.0.0.1:${port}/?replicaSet=another`);
    assert.equal(error.name, 'MongoServerSelectionError');
    assert.match(error.message, /replicaSet/);
  });

  it('ends at once for a certificate that nobody vouches for', async () => {
    const port = encrypted.ports[0]!;
    const error = await only(`mongodb://127.0.0.1:${port}/?tls=true&replicaSet=polypool`);
    assert.equal(error.name, 'MongoServerSelectionError');
    assert.match(error.message, /certificate/i);
  });

  it('ends at once for a name that the certificate does not have', async () => {
    const { searchParams } = new URL(encrypted.uri);
    const authority = encodeURIComponent(searchParams.get('tlsCAFile')!);
    const forward = createServer(socket => {
      const onward = connect(encrypted.ports[0]!, '127.0.0.1');
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) end.on('error', () => undefined);
    });
    await new Promise<void>(resolve => forward.listen(0, '127.0.0.2', resolve));
    const { port } = forward.address() as AddressInfo;
    try {
      const error = await only(
        `mongodb://127.0.0.2:${port}/?tls=true&directConnection=true&tlsCAFile=${authority}`
      );
      assert.match(error.message, /certificate/i);
    } finally {
      forward.close();
    }
  });

  it('ends at once for a login that is refused', async () => {
    const uri = guarded.uri.replace(/\/\/[^@]*@/, '//somebody:wrong@');
    const error = await only(uri);
    assert.equal(error.name, 'MongoServerError');
    assert.equal((error as { code?: unknown }).code, 18);
  });

  it('does not end for want of rights that no connect needs', async () => {
    const uri = guarded.uri.replace(/\/\/[^@]*@/, '//');
    await using pool = new PolyPool(uri, { connectRetry: RETRY });
    await pool.connect();
    await assert.rejects(pool.db('admin').command({ serverStatus: 1 }), { code: 13 });
  });

  it('ends at once for an SRV record that there is not', async t => {
    const host = 'no-such-host.invalid';
    const { code } = await resolveSrv(`_mongodb._tcp.${host}`).then(
      () => ({ code: 'found' }),
      (error: unknown) => error as { code?: string }
    );
    if (code !== 'ENOTFOUND' && code !== 'ENODATA') {
      t.skip(`There is no name server that says so: ${code}`);
      return;
    }
    const error = await only(`mongodb+srv://${host}/`);
    assert.match(error.message, /SRV|records|resolve/i);
  });
});
