/** A pool is a MongoClient to the compiler as far as it goes, and its values are the driver's. */
import type * as driver from 'mongodb';
import {
  connect,
  createPool,
  PolyPool,
  type ClientSession,
  type ConnectRetryOptions,
  type Db,
  type MongoClient,
  type ObjectId,
  type PolyPoolOptions
} from 'polypool';
import { same, typeOf } from './same.ts';

export async function givesPools(): Promise<void> {
  typeOf(await connect('mongodb://127.0.0.1')).is<PolyPool>(true);
  typeOf(await PolyPool.connect('mongodb://127.0.0.1')).is<PolyPool>(true);
  typeOf(createPool('mongodb://127.0.0.1')).is<PolyPool>(true);
  same<MongoClient, PolyPool>(true);
  same<Awaited<ReturnType<PolyPool['connect']>>, PolyPool>(true);
  same<ReturnType<PolyPool['db']>, Db>(true);
}

export function takesTheDriversOptionsAndItsOwn(): void {
  const options: driver.MongoClientOptions = { maxPoolSize: 1, appName: 'a', tls: true };
  const own: PolyPoolOptions = { ...options, shared: true };
  createPool('mongodb://127.0.0.1', own);
  const connectRetry: ConnectRetryOptions = {
    onAttemptFailed: ({ attempt, error, nextAttemptAt }) => {
      typeOf(attempt).is<number>(true);
      typeOf(error).is<Error>(true);
      typeOf(nextAttemptAt).is<Date | undefined>(true);
    }
  };
  createPool('mongodb://127.0.0.1', { connectRetry });
  // @ts-expect-error no such option
  createPool('mongodb://127.0.0.1', { maxPoolSise: 1 });
  // @ts-expect-error no boolean
  createPool('mongodb://127.0.0.1', { shared: 'yes' });
  // @ts-expect-error the connection string is missing
  new PolyPool();
}

/** As third parties declare what they are given. */
declare function store(options: {
  client?: driver.MongoClient;
  clientPromise?: Promise<driver.MongoClient>;
}): void;
declare function adapter(
  client: driver.MongoClient | (() => Promise<driver.MongoClient>) | Promise<driver.MongoClient>
): void;
declare function bucket(db: driver.Db): void;
declare function migrate(db: driver.Db, client: driver.MongoClient): void;
declare function list<T extends driver.Document>(
  collection: driver.Collection<T>,
  cursor: driver.AbstractCursor<T>
): void;

export function isTakenWhereAClientIsWanted(pool: PolyPool): void {
  store({ client: pool });
  store({ clientPromise: pool.connect() });
  store({ clientPromise: connect('mongodb://127.0.0.1') });
  adapter(pool);
  adapter(() => PolyPool.connect('mongodb://127.0.0.1'));
  bucket(pool.db());
  migrate(pool.db('a'), pool);
  const users = pool.db().collection<{ name: string }>('users');
  list(users, users.find());
  list(users, users.aggregate<{ name: string }>());
  const cursor: driver.FindCursor<driver.WithId<{ name: string }>> = users.find();
  cursor.rewind();
  // @ts-expect-error a client is no pool: it lacks what polypool adds
  const back: PolyPool = {} as driver.MongoClient;
  back.db();
}

export function hasTheDriversEvents(pool: PolyPool): void {
  pool.on('commandStarted', event => {
    typeOf(event).is<driver.CommandStartedEvent>(true);
  });
  pool.once('open', client => client.db());
  pool
    .db()
    .listCollections()
    .on('close', () => undefined);
}

export async function givesTheDriversTypes(pool: PolyPool): Promise<void> {
  same<PolyPool['readPreference'], driver.ReadPreference>(true);
  same<PolyPool['readConcern'], driver.ReadConcern | undefined>(true);
  same<PolyPool['writeConcern'], driver.WriteConcern | undefined>(true);
  same<ObjectId, driver.ObjectId>(true);
  typeOf(await pool.db('admin').command({ ping: 1 })).is<driver.Document>(true);
  const collections = await pool.db().listCollections({}, { nameOnly: true }).toArray();
  typeOf(collections).is<Pick<driver.CollectionInfo, 'name' | 'type'>[]>(true);
}

interface Book {
  title: string;
  pages: number;
}

export async function writesToTypedCollections(pool: PolyPool): Promise<void> {
  same<PolyPool['bulkWrite'], driver.MongoClient['bulkWrite']>(true);
  type Books = { 'db.books': Book };
  const models: driver.ClientBulkWriteModel<Books>[] = [
    { name: 'insertOne', namespace: 'db.books', document: { title: 'a', pages: 1 } },
    // @ts-expect-error a value of another type
    { name: 'updateOne', namespace: 'db.books', filter: {}, update: { $set: { pages: 'two' } } }
  ];
  typeOf(await pool.bulkWrite<Books>(models)).is<driver.ClientBulkWriteResult>(true);
}

export function tellsItsListenersOfTheDriversEvents(pool: PolyPool): void {
  pool.on('commandStarted', event => typeOf(event).is<driver.CommandStartedEvent>(true));
  pool.once('connectionClosed', event => typeOf(event).is<driver.ConnectionClosedEvent>(true));
  pool.off('serverOpening', event => typeOf(event).is<driver.ServerOpeningEvent>(true));
  pool.on('own', (first: number, second: string) => [first, second]);
  same<NonNullable<PolyPool['topology']>['description'], driver.TopologyDescription>(true);
}

export async function givesSessionsOfTheDriversType(pool: PolyPool): Promise<void> {
  same<ClientSession, driver.ClientSession>(true);
  const session = pool.startSession({ causalConsistency: false });
  typeOf(session).is<driver.ClientSession>(true);
  await pool.db().collection('a').insertOne({}, { session });
  typeOf(await pool.withSession(async one => one.hasEnded)).is<boolean>(true);
  typeOf(await session.withTransaction(async one => one.id?.id.length() ?? 0)).is<number>(true);
  const callback: driver.WithTransactionCallback<number> = async (one: ClientSession) => {
    return one.serverSession.lastUse;
  };
  await session.withTransaction(callback, { readConcern: 'local' });
  // @ts-expect-error no session
  await pool.db().collection('a').insertOne({}, { session: {} });
}

export async function givesDatabasesClientsOfTheirOwn(): Promise<void> {
  const options = { maxConnections: 2, autoClose: true, ttl: 1_000, coldStart: false };
  const pool = new PolyPool('mongodb://127.0.0.1', { dbSpecific: [{ dbName: 'a', options }] });
  pool.scale.setDB(['a'], { ...options, mongoURI: 'mongodb://other' });
  await pool.scale.connectDB(['a', 'b']);
  // @ts-expect-error names are in an array
  pool.scale.setDB('a');
  const stats = pool.stats().dedicated.get('a');
  typeOf(stats?.pool?.total.size).is<number | undefined>(true);
  const { histogram } = pool.stats().waitQueue;
  typeOf(histogram?.buckets[0]?.leMS).is<number | undefined>(true);
  pool.on('databaseDisconnected', ({ database, closed }) => {
    typeOf(database).is<string>(true);
    typeOf(closed).is<boolean>(true);
  });
}
