/**
 * Programs whose frameworks bring Mongoose print what they print on Mongoose's own driver when polypool
 * has been installed in that Mongoose. Each runs in a process of its own.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const require = createRequire(import.meta.url);
const FIXTURES = join(import.meta.dirname, 'fixtures', 'mongoose');
/** Milliseconds; Payload alone needs some seconds. */
const TIMEOUT_MS = 120_000;

const PROGRAMS = [
  { file: 'nestjs.mjs', uses: '@nestjs/mongoose', shows: /"refused":11000.*"age":13,"old":true/ },
  { file: 'typegoose.mjs', uses: '@typegoose/typegoose', shows: /"shouted":"ADA".*"kind":"Dog"/ },
  {
    file: 'payload.mjs',
    uses: '@payloadcms/db-mongodb',
    shows: /"page":\[8,3.*"user":"a@example.org"/
  }
];

describe('A program with Mongoose in its framework', () => {
  const databases = { mongoose: uniqueDatabase(), polypool: uniqueDatabase() };
  let mongod: SharedMongod;
  before(async () => {
    mongod = await sharedMongod();
  });
  after(async () => {
    const client = new MongoClient(mongod.uri);
    for (const name of Object.values(databases)) await client.db(name).dropDatabase();
    await client.close();
    await mongod.stop();
  });

  /** What a program prints on a driver. */
  async function printed(file: string, driver: keyof typeof databases): Promise<string> {
    const uri = Object.assign(new URL(mongod.uri), { pathname: `/${databases[driver]}` }).href;
    const { stdout } = await promisify(execFile)(process.execPath, [file, uri, driver], {
      cwd: FIXTURES,
      timeout: TIMEOUT_MS
    });
    // What is logged by the way has the time in it.
    return stdout.split('\n').findLast(line => line.startsWith('{')) ?? stdout;
  }

  for (const { file, uses, shows } of PROGRAMS) {
    const skip = !isInstalled(uses) && `the package ${uses} is not installed`;
    it(`prints the same in ${file}`, { skip }, async () => {
      const stock = await printed(file, 'mongoose');
      assert.match(stock, shows);
      assert.equal(await printed(file, 'polypool'), stock);
    });
  }
});

/** Some have an entry for `import` alone. */
function isInstalled(name: string): boolean {
  const folders = require.resolve.paths(name) ?? [];
  return folders.some(folder => {
    try {
      require.resolve(join(folder, name, 'package.json'));
      return true;
    } catch {
      return false;
    }
  });
}
