/**
 * In a project whose `mongodb` is polypool, programs that make a client of their own, or whose packages
 * do, print what they print with the driver.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FIXTURES = join(import.meta.dirname, 'fixtures');
const MIGRATE = join('node_modules', 'migrate-mongo', 'bin', 'migrate-mongo.js');

/** A migration that needs the client. */
const MIGRATION = `module.exports = {
  up: (db, client) => client.withSession(session => session.withTransaction(
    () => db.collection('flags').insertOne({ flag: true }, { session })
  )),
  down: db => db.collection('flags').deleteMany({})
};`;

interface Project {
  readonly folder: string;
  readonly database: string;
}

describe('A project whose mongodb is polypool', () => {
  let mongod: SharedMongod;
  let projects: Project[] = [];
  before(async () => {
    mongod = await sharedMongod();
    projects = [await create(join(ROOT, 'node_modules', 'mongodb')), await create(ROOT)];
  });
  after(async () => {
    const observer = new MongoClient(mongod.uri);
    for (const { folder, database } of projects) {
      await observer.db(database).dropDatabase();
      await rm(folder, { recursive: true });
    }
    await observer.close();
    await mongod.stop();
  });

  /** What a program prints in either project, the driver's first. */
  async function printed(run: (project: Project) => Promise<string>): Promise<[string, string]> {
    const [driver, polypool] = await Promise.all(projects.map(run));
    return [driver!, polypool!];
  }

  it('has packages find polypool, whether they import or require', async () => {
    const [driver, polypool] = await printed(one => program(one, 'which.mjs'));
    assert.equal(driver, '{"imported":false,"required":false}\n');
    assert.equal(polypool, '{"imported":true,"required":true}\n');
  });

  for (const name of [
    'whole',
    'connect-mongo',
    'auth',
    'agenda',
    'fastify',
    'multer-gridfs-storage'
  ]) {
    it(`prints the same in ${name}.mjs`, async () => {
      const [driver, polypool] = await printed(one =>
        program(one, `${name}.mjs`, mongod.uri, one.database)
      );
      assert.match(driver, /^\{.+\}\n$/);
      assert.equal(polypool, driver);
    });
  }

  it("prints the same in migrate-mongo's commands", async () => {
    const [driver, polypool] = await printed(one => migrate(one, mongod.uri));
    assert.match(
      driver,
      /PENDING[^]*MIGRATED UP: .*-one\.js[^]*MIGRATED DOWN: .*-one\.js[^]*PENDING/
    );
    assert.equal(polypool, driver);
  });
});

/**
 * A folder with all packages of this one, but for `mongodb`. What runs in it does not resolve links, so
 * that its packages find the `mongodb` that is in it, and polypool finds the driver below itself.
 *
 * @param mongodb the folder of what is to be called so
 */
async function create(mongodb: string): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'polypool-project-'));
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  const names = await readdir(join(ROOT, 'node_modules'));
  for (const name of names.filter(name => !name.startsWith('.') && name !== 'mongodb')) {
    await symlink(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  await symlink(mongodb, join(modules, 'mongodb'), 'junction');
  await cp(FIXTURES, folder, { recursive: true });
  return { folder, database: uniqueDatabase() };
}

/** Runs a program of a project to its end; returns what it printed. */
async function program({ folder }: Project, file: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--preserve-symlinks', '--preserve-symlinks-main', file, ...args],
    { cwd: folder, timeout: 60_000 }
  );
  return stdout;
}

/** A migration's life by commands; returns what these printed, without times. */
async function migrate(project: Project, uri: string): Promise<string> {
  const { folder, database } = project;
  const command = (...args: string[]) => program(project, MIGRATE, ...args);
  const output = [await command('init')];
  const config = join(folder, 'migrate-mongo-config.js');
  const template = await readFile(config, 'utf8');
  await writeFile(
    config,
    template.replace('mongodb://localhost:27017', uri).replace('YOURDATABASENAME', database)
  );
  output.push(await command('create', 'one'));
  const [file] = await readdir(join(folder, 'migrations'));
  await writeFile(join(folder, 'migrations', file!), MIGRATION);
  for (const name of ['status', 'up', 'status', 'down', 'status']) output.push(await command(name));
  return output.join('').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\d{4,}/g, '<time>');
}
