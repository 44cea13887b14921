/** A server that takes none without a certificate, and knows who comes by it: MONGODB-X509, as the driver does it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { PolyPool, type ConnectAttemptFailedEvent, type PolyPoolOptions } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** What a refusal may take on a busy machine, in milliseconds; far below the time for which a server is looked for. */
const AT_ONCE_MS = 10_000;
/** Nobody waits for a second attempt. */
const RETRY = { attempts: 5, baseMS: 60_000, maxMS: 60_000, jitter: 0 };

/** A client's certificate with its key, and who comes with it. */
type Certificate = Awaited<ReturnType<Mongod['makeClientCertificate']>>;

interface ServerStatus {
  security: {
    authentication: { mechanisms: Record<string, { authenticate: { received: number } }> };
  };
}

describe('A server that knows its clients by their certificates', () => {
  const database = uniqueDatabase();
  const another = uniqueDatabase();
  let mongod: Mongod;
  let admin: MongoClient;
  /** The file of the authority that vouches for all. */
  let tlsCAFile: string;
  /** Somebody with a user, and somebody without. */
  let known: Certificate;
  let stranger: Certificate;

  before(async () => {
    mongod = await startMongod({ auth: true, tls: true, clientCertificates: true });
    tlsCAFile = new URL(mongod.uri).searchParams.get('tlsCAFile')!;
    known = await mongod.makeClientCertificate('known');
    stranger = await mongod.makeClientCertificate('stranger');
    admin = await MongoClient.connect(mongod.uri);
    const roles = [{ role: 'readWrite', db: database }];
    await admin.db('$external').command({ createUser: known.user, roles });
  });
  after(async () => {
    await admin.close();
    await mongod.stop();
  });

  /** The set's address without a word of certificates. */
  const uri = (user = ''): string => {
    const login = user && `${encodeURIComponent(user)}@`;
    const query = 'replicaSet=polypool&tls=true&authMechanism=MONGODB-X509';
    return `mongodb://${login}127.0.0.1:${mongod.ports[0]!}/?${query}`;
  };

  const ofFile = ({ path }: Certificate) => ({ tlsCAFile, tlsCertificateKeyFile: path });

  /** Logins by certificate that the server has seen begin. */
  async function logins(): Promise<number> {
    const { security } = (await admin
      .db('admin')
      .command({ serverStatus: 1 })) as unknown as ServerStatus;
    return security.authentication.mechanisms['MONGODB-X509']!.authenticate.received;
  }

  /** Connects in vain, by the only attempt, and says how. */
  async function refusal(options: PolyPoolOptions): Promise<Error> {
    const pool = new PolyPool(uri(), { connectRetry: RETRY, ...options });
    const failed: ConnectAttemptFailedEvent[] = [];
    pool.on('connectAttemptFailed', event => failed.push(event));
    const began = performance.now();
    try {
      await pool.connect({ signal: AbortSignal.timeout(AT_ONCE_MS) });
    } catch (error) {
      const took = performance.now() - began;
      assert.ok(took < AT_ONCE_MS, `took ${took.toFixed(0)} ms: ${String(error)}`);
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

  /** What the driver says of the same. */
  async function driverRefusal(options: MongoClientOptions): Promise<Error> {
    const client = new MongoClient(uri(), { serverSelectionTimeoutMS: 500, ...options });
    try {
      await client.connect();
    } catch (error) {
      return error as Error;
    } finally {
      await client.close();
    }
    return assert.fail('The driver connected');
  }

  for (const [name, Client] of [
    ['the driver', MongoClient],
    ['polypool', PolyPool]
  ] as const) {
    describe(`and ${name}`, () => {
      /** Who one is to the server, and that one may do what that user may and nothing else. */
      async function use(address: string, options: MongoClientOptions): Promise<void> {
        const client: MongoClient = new Client(address, options);
        try {
          const status = await client.db('admin').command({ connectionStatus: 1 });
          assert.deepEqual(status['authInfo'].authenticatedUsers, [
            { user: known.user, db: '$external' }
          ]);
          const documents = client.db(database).collection<{ _id: string }>('c');
          const change = { $set: { seen: true } };
          await documents.updateOne({ _id: name }, change, { upsert: true });
          assert.deepEqual(await documents.findOne({ _id: name }), { _id: name, seen: true });
          await assert.rejects(client.db(another).collection('c').findOne(), { code: 13 });
        } finally {
          await client.close();
        }
      }

      it('lets in who has a certificate in a file', () => use(uri(), ofFile(known)));

      it('lets in who names it in the connection string', () =>
        use(`${uri()}&${new URLSearchParams(ofFile(known)).toString()}`, {}));

      it('lets in who has a certificate and a key in memory', async () => {
        const ca = await readFile(tlsCAFile);
        const pem = await readFile(known.path);
        await use(uri(), { ca, cert: pem, key: pem });
        await use(uri(), { ca, cert: pem.toString(), key: pem.toString() });
      });

      it('lets in who says the name as well', () => use(uri(known.user), ofFile(known)));
    });
  }

  it('lets a pool in whose options are objects of their own, and shows no key of theirs', async () => {
    const pem = await readFile(known.path, 'utf8');
    const auth = { authMechanism: 'MONGODB-X509', authSource: '$external' } as const;
    const address = `mongodb://127.0.0.1:${mongod.ports[0]!}/?replicaSet=polypool`;
    const options = { tls: true, tlsCAFile, cert: pem, key: pem, ...auth };
    const pool = new PolyPool(address, options);
    try {
      await pool.connect();
      assert.ok(!JSON.stringify(pool.options).includes('PRIVATE KEY'));
    } finally {
      await pool.close();
    }
  });

  it('refuses at once a certificate that is nobody’s, and is asked as often as by one connect of the driver’s', async () => {
    const before = await logins();
    const error = await refusal(ofFile(stranger));
    const asked = (await logins()) - before;
    const expected = await driverRefusal(ofFile(stranger));
    assert.equal(asked, (await logins()) - before - asked);
    // What the server said the core keeps to itself: to some servers the user is unknown, code 11.
    assert.deepEqual([error.name, (error as { code?: number }).code], [expected.name, 18]);
  });

  it('takes the name from the certificate, whatever else is said', async () => {
    const pool = new PolyPool(uri(stranger.user), ofFile(known));
    try {
      const status = await pool.db('admin').command({ connectionStatus: 1 });
      assert.equal(status['authInfo'].authenticatedUsers[0].user, known.user);
    } finally {
      await pool.close();
    }
  });

  it('turns away a certificate of another authority, and none, which the error says', async () => {
    const other = await startMongod({ tls: true, clientCertificates: true });
    try {
      const { path } = await other.makeClientCertificate('known');
      const before = await logins();
      for (const options of [{ tlsCAFile, tlsCertificateKeyFile: path }, { tlsCAFile }]) {
        const pool = new PolyPool(uri(), { serverSelectionTimeoutMS: 500, ...options });
        // The server says nothing, it closes: it may as well have gone, so that another attempt could do.
        const error = await pool.connect().then(
          () => assert.fail('It connected'),
          (error: unknown) => error as Error
        );
        await pool.close();
        assert.equal(error.name, 'MongoServerSelectionError');
        assert.equal((await driverRefusal(options)).name, error.name);
        assert.match(error.message, /certificate/i);
      }
      assert.equal(await logins(), before, 'it did not come as far as a login');
    } finally {
      await other.stop();
    }
  });

  it('is asked by nobody who would have to say a password', () => {
    const login = new URL(uri('somebody'));
    login.password = 'secret';
    assert.throws(
      () => new PolyPool(login.href),
      (error: Error) => {
        assert.match(error.message, /MONGODB-X509 takes no password/);
        return !error.message.includes('secret');
      }
    );
  });
});
