/** migrate-mongo runs the migrations in a folder, each once, on the database and the client it is given. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { config, create, down, status, up, type Config } from 'migrate-mongo';
import { describeOnBoth, type Handed } from './both.ts';

const CREATE_INDEX = `
module.exports = {
  async up(db) {
    await db.createCollection('albums', { validator: { year: { $type: 'int' } } });
    await db.collection('albums').createIndex({ artist: 1, title: 1 }, { unique: true });
    await db.collection('albums').insertMany([
      { artist: 'Can', title: 'Tago Mago', year: 1971 },
      { artist: 'Neu!', title: 'Neu! 75', year: 1975 }
    ]);
  },
  async down(db) {
    await db.collection('albums').drop();
  }
};`;

const IN_A_TRANSACTION = `
module.exports = {
  async up(db, client) {
    const session = client.startSession();
    try {
      await session.withTransaction(async () => {
        await db.collection('artists').insertOne({ name: 'Can' }, { session });
        await db.collection('albums').updateMany({}, { $rename: { artist: 'by' } }, { session });
      });
    } finally {
      await session.endSession();
    }
  },
  async down(db, client) {
    await client.withSession(session =>
      session.withTransaction(async () => {
        await db.collection('artists').deleteMany({}, { session });
        await db.collection('albums').updateMany({}, { $rename: { by: 'artist' } }, { session });
      })
    );
  }
};`;

const IN_BULK = `
module.exports = {
  async up(db) {
    const operations = [];
    for await (const { _id, year } of db.collection('albums').find({}, { sort: { year: 1 } })) {
      const decade = Math.floor(year / 10) * 10;
      operations.push({ updateOne: { filter: { _id }, update: { $set: { decade } } } });
    }
    await db.collection('albums').bulkWrite(operations);
  },
  async down(db) {
    await db.collection('albums').updateMany({}, { $unset: { decade: '' } });
  }
};`;

const AGAINST_THE_RULES = `
module.exports = {
  async up(db) {
    await db.collection('albums').insertOne({ year: 'unknown' });
  },
  async down() {}
};`;

const ADD_FLAG = `
module.exports = {
  up: db => db.collection('flags').insertOne({ _id: 'flag' }),
  down: db => db.collection('flags').deleteOne({ _id: 'flag' })
};`;

describeOnBoth('migrate-mongo', on => {
  it('creates migrations, applies those that are pending, and undoes the last', async t => {
    await folder(t, on, 'albums_log');
    const first = await migration('1 albums', CREATE_INDEX);
    assert.deepEqual(await pending(), [[first, true]]);
    assert.deepEqual(await up(on.db, on.client), [first]);
    assert.deepEqual(await pending(), [[first, false]]);
    const indexes = await on.stored.collection('albums').indexes();
    assert.ok(indexes.some(({ name, unique }) => name === 'artist_1_title_1' && unique));

    const second = await migration('2 decades', IN_BULK);
    assert.deepEqual(await pending(), [
      [first, false],
      [second, true]
    ]);
    assert.deepEqual(await up(on.db, on.client), [second]);
    assert.deepEqual(await up(on.db, on.client), []);
    assert.deepEqual(await on.stored.collection('albums').distinct('decade'), [1970]);

    assert.deepEqual(await down(on.db, on.client), [second]);
    assert.deepEqual(await on.stored.collection('albums').distinct('decade'), []);
    assert.deepEqual(await down(on.db, on.client), [first]);
    assert.deepEqual(await on.stored.listCollections({ name: 'albums' }).toArray(), []);
    assert.deepEqual(await on.stored.collection('albums_log').countDocuments(), 0);
  });

  it('gives migrations the client, for transactions', async t => {
    await folder(t, on, 'transactions_log');
    await migration('1 albums', CREATE_INDEX);
    await migration('2 artists', IN_A_TRANSACTION);
    assert.equal((await up(on.db, on.client)).length, 2);
    const albums = on.stored.collection('albums');
    assert.deepEqual((await albums.distinct('by')).sort(), ['Can', 'Neu!']);
    assert.equal(await on.stored.collection('artists').countDocuments(), 1);
    await down(on.db, on.client);
    assert.deepEqual((await albums.distinct('artist')).sort(), ['Can', 'Neu!']);
    assert.equal(await on.stored.collection('artists').countDocuments(), 0);
  });

  it('stops at a migration that fails, and says what the server said', async t => {
    await folder(t, on, 'failures_log');
    const first = await migration('1 albums', CREATE_INDEX);
    const second = await migration('2 wrong', AGAINST_THE_RULES);
    const third = await migration('3 decades', IN_BULK);
    const failure = {
      message: `Could not migrate up ${second}: Document failed validation`,
      migrated: [first]
    };
    await assert.rejects(up(on.db, on.client), error => {
      const { message, migrated, additionalInfo } = error as Error & Record<string, any>;
      assert.deepEqual({ message, migrated }, failure);
      assert.equal(additionalInfo.details.operatorName, '$type');
      return true;
    });
    assert.deepEqual(await pending(), [
      [first, false],
      [second, true],
      [third, true]
    ]);
  });

  it('runs a migration again whose file has changed, if told to look', async t => {
    await folder(t, on, 'hashes_log', { useFileHash: true });
    const name = await migration('1 flag', ADD_FLAG);
    const [before] = await status(on.db);
    assert.deepEqual(await up(on.db, on.client), [name]);
    assert.deepEqual(await up(on.db, on.client), []);
    await rewrite(name, `${ADD_FLAG}\n// Changed.`);
    const [changed] = await status(on.db);
    assert.equal(changed?.appliedAt, 'PENDING');
    assert.notEqual(changed?.fileHash, before?.fileHash);
    const [logged] = await on.stored.collection('hashes_log').find().toArray();
    assert.equal(logged?.['fileHash'], before?.fileHash);
  });

  it('lets only one run at a time', async t => {
    const options = { lockCollectionName: 'locks', lockTtl: 60 };
    await folder(t, on, 'locked_log', options);
    const name = await migration('1 lamp', ADD_FLAG.replaceAll("'flag'", "'lamp'"));
    await on.stored.collection('locks').insertOne({ createdAt: new Date() });
    await assert.rejects(up(on.db, on.client), /Could not migrate up, a lock is in place/);
    await on.stored.collection('locks').deleteMany({});
    assert.deepEqual(await up(on.db, on.client), [name]);
    assert.equal(await on.stored.collection('locks').countDocuments(), 0);
    const indexes = await on.stored.collection('locks').indexes();
    assert.ok(indexes.some(({ expireAfterSeconds }) => expireAfterSeconds === 60));
  });

  /** All migrations of the folder, and whether each is still to be applied. */
  async function pending(): Promise<Array<[string, boolean]>> {
    const all = await status(on.db);
    return all.map(({ fileName, appliedAt }) => [fileName, appliedAt === 'PENDING']);
  }
});

/** Where the migrations of the test that runs are. */
let migrations = '';

/**
 * Makes a folder for the migrations of one test and configures migrate-mongo, as its README has it.
 * The database is emptied after the test.
 */
async function folder(
  t: TestContext,
  on: Handed,
  changelogCollectionName: string,
  options: Partial<Config> = {}
): Promise<void> {
  migrations = await mkdtemp(join(tmpdir(), 'polypool-migrations-'));
  t.after(async () => {
    await rm(migrations, { recursive: true });
    await on.stored.dropDatabase();
  });
  config.set({
    migrationsDir: migrations,
    changelogCollectionName,
    moduleSystem: 'commonjs',
    ...options
  });
}

/** Has migrate-mongo create a migration, and writes its body; returns its file's name. */
async function migration(description: string, content: string): Promise<string> {
  const name = await create(description);
  assert.match(await readFile(join(migrations, name), 'utf8'), /async up\(db, client\)/);
  await rewrite(name, content);
  return name;
}

async function rewrite(name: string, content: string): Promise<void> {
  await writeFile(join(migrations, name), content);
}
