/** The package as users get it: what is in it, how it is loaded, what its types say. */
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import ts from 'typescript';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';
import { Project, ROOT, type Output } from './project.ts';

interface Manifest {
  name: string;
  version: string;
  main: string;
  files: string[];
  napi: { packageName: string; targets: string[] };
}

const require = createRequire(import.meta.url);

async function manifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

/** Defines what lists the modules of packages that a program has loaded. */
const REPORT = `
const loaded = () =>
  Object.keys(require.cache)
    .map(file => file.replaceAll('\\\\', '/').replace(/^.*\\/node_modules\\//, ''))
    .filter(file => !file.startsWith('/') && !file.endsWith('loaded.cjs'));
`;

describe('The package', () => {
  let mongod: SharedMongod;
  let project: Project;

  before(async () => {
    mongod = await sharedMongod();
    project = await Project.create();
  });
  after(async () => {
    await project.remove();
    await mongod.stop();
  });

  /** Runs a program of the project and reads the JSON that it prints. */
  async function report(file: string, source: string): Promise<any> {
    await project.write({ [file]: source });
    const { stdout } = await project.node([file], { MONGODB_URI: mongod.uri });
    return JSON.parse(stdout);
  }

  describe('has in it', () => {
    it('its JavaScript, its types and its papers', () => {
      const paths = project.files.map(file => file.path);
      for (const expected of [
        'dist/index.js',
        'dist/index.mjs',
        'dist/core.js',
        'dist/late.js',
        'dist/more.js',
        'dist/reader.js',
        'index.d.ts',
        'index.d.mts',
        'dist/mongoose.js',
        'dist/mongoose.mjs',
        'mongoose.d.ts',
        'mongoose.d.mts',
        'dist/polymongo.js',
        'dist/polymongo.mjs',
        'polymongo.d.ts',
        'polymongo.d.mts',
        'dist/tenants.js',
        'dist/tenants.mjs',
        'tenants.d.ts',
        'tenants.d.mts',
        'package.json',
        'README.md',
        'CHANGELOG.md',
        'LICENSE'
      ]) {
        assert.ok(paths.includes(expected), `${expected} is missing`);
      }
    });

    it('neither sources, nor tests, nor an addon', () => {
      const others = project.files
        .map(file => file.path)
        .filter(
          file =>
            !/^(dist\/(core|index|late|mongoose|more|polymongo|reader|tenants)\.(js|mjs|js\.map)|(index|mongoose|polymongo|tenants)\.d\.m?ts|package\.json|[A-Z]+(\.md)?)$/.test(
              file
            )
        );
      assert.deepEqual(others, []);
      const size = project.files.reduce((sum, file) => sum + file.size, 0);
      assert.ok(size < 2 ** 20, `${size} bytes unpacked`);
    });

    it('maps that tell of each line where it came from', async () => {
      const source = `
        const { PolyPool } = require('polypool');
        const pool = new PolyPool('mongodb://127.0.0.1:1/d');
        try {
          pool.db('a.b');
        } catch ({ stack }) {
          const [frame] = stack.match(/lib.pool\\.ts:\\d+/) ?? [stack];
          console.log(JSON.stringify(frame.slice('lib/pool.ts:'.length)));
        }
      `;
      await project.write({ 'mapped.cjs': source });
      const { stdout } = await project.node(['--enable-source-maps', 'mapped.cjs']);
      const lines = (await readFile(path.join(ROOT, 'lib/pool.ts'), 'utf8')).split('\n');
      assert.match(lines[Number(JSON.parse(stdout)) - 1] ?? stdout, /new Db\(|db\(name/);
    });

    it('what each file of it refers to', async () => {
      const names = new Set(project.files.map(file => file.path));
      for (const name of names) {
        if (!name.endsWith('.js')) continue;
        const source = await readFile(path.join(ROOT, name), 'utf8');
        for (const [, specifier] of source.matchAll(/require\("(\.[^"]*)"\)/g)) {
          const file = path.posix.join(path.posix.dirname(name), specifier!);
          assert.ok(names.has(file), `${name} requires ${specifier!}`);
        }
      }
    });
  });

  describe('finds its addon', () => {
    it('in a package of its version for each target', async () => {
      const main = await manifest('.');
      const folders = await readdir(path.join(ROOT, 'npm'));
      assert.equal(folders.length, main.napi.targets.length);
      for (const folder of folders) {
        const platform = await manifest(`npm/${folder}`);
        assert.equal(platform.name, `${main.napi.packageName}-${folder}`);
        assert.equal(platform.version, main.version);
        assert.equal(platform.main, `polypool.${folder}.node`);
        assert.deepEqual(platform.files, [platform.main]);
      }
    });

    it('nowhere else, and says what to do where that package is missing', async () => {
      await project.write({
        'missing.cjs': `
          const { PolyPool } = require('polypool');
          try {
            new PolyPool('mongodb://127.0.0.1');
          } catch (error) {
            console.log(error.message);
          }
        `
      });
      const { stdout } = await project.withoutPlatformPackage(() => project.node(['missing.cjs']));
      assert.ok(stdout.includes(`no native build for ${process.platform} ${process.arch}`), stdout);
      assert.ok(stdout.includes(`@polypool/binding-${project.target}: Cannot find`), stdout);
      assert.match(stdout, /delete node_modules and the lock file and install again/);
    });
  });

  describe('is loaded', () => {
    it('by require, and connects', async () => {
      const source = `
        const { connect } = require('polypool');
        connect().then(async pool => {
          console.log(JSON.stringify(await pool.db('admin').command({ ping: 1 })));
          await pool.close();
        });
      `;
      assert.equal((await report('required.cjs', source)).ok, 1);
    });

    it('by import, and connects', async () => {
      const source = `
        import { connect } from 'polypool';
        const pool = await connect();
        console.log(JSON.stringify(await pool.db('admin').command({ ping: 1 })));
        await pool.close();
      `;
      assert.equal((await report('imported.mjs', source)).ok, 1);
    });

    it('by both at once as one instance with one default pool', async () => {
      const source = `
        import { createRequire } from 'node:module';
        import * as imported from 'polypool';
        const required = createRequire(import.meta.url)('polypool');
        const [first, second] = await Promise.all([imported.connect(), required.connect()]);
        console.log(JSON.stringify({
          required: Object.keys(required).sort(),
          imported: Object.keys(imported).filter(name => name !== 'default').sort(),
          different: Object.keys(required).filter(name => imported[name] !== required[name]),
          strange: Object.keys(required).filter(name => {
            const [own, given] = [required[name], imported[name]];
            if (own === given) return false;
            return typeof own !== 'function' || !(Object.create(own.prototype) instanceof given);
          }),
          onePool: first === second && first instanceof required.PolyPool
        }));
        await first.close();
      `;
      const { required, imported, different, strange, onePool } = await report('both.mjs', source);
      assert.deepEqual(imported, required);
      const own = ['PolyPool', 'MongoClient', 'Db', 'Collection', 'CURSOR_FLAGS', 'connect'];
      assert.deepEqual(
        own.filter(name => (different as string[]).includes(name)),
        []
      );
      // Classes that load late are stand-ins by `import`, for which their objects are instances.
      assert.deepEqual(strange, []);
      assert.equal(onePool, true);
    });

    it('with classes and functions that are named as they are exported', async () => {
      const source = `
        const exported = require('polypool');
        const unlike = Object.entries(exported)
          .filter(([name, value]) => typeof value === 'function' && value.name !== name)
          .map(([name, value]) => [name, value.name]);
        console.log(JSON.stringify(Object.fromEntries(unlike)));
      `;
      assert.deepEqual(await report('names.cjs', source), { MongoClient: 'PolyPool' });
    });

    it('into Mongoose, by both at once as one instance, and into no program that does not ask', async () => {
      await project.link('mongoose');
      const source = `${REPORT}
        import('polypool/mongoose').then(async imported => {
          const { install } = require('polypool/mongoose');
          const start = loaded();
          const mongoose = require('mongoose');
          const { connect } = require('polypool');
          const pool = await connect(process.env.MONGODB_URI, { mongoose });
          console.log(JSON.stringify({
            start: start.filter(file => file.startsWith('mongoose/')),
            same: imported.install === install && imported.default.install === install,
            undo: install(mongoose) === imported.install(mongoose),
            client: mongoose.connection.getClient() === pool && pool.constructor.name
          }));
          await mongoose.disconnect();
        });
      `;
      const shown = await report('mongoose.cjs', source);
      assert.deepEqual(shown, { start: [], same: true, undo: true, client: 'PolyPool' });
    });

    it('by import without the late part, until a class of that is used', async () => {
      const source = `
        import { createRequire } from 'node:module';
        import { connect, AggregationCursor, ChangeStream, GridFSBucket } from 'polypool';
        const require = createRequire(import.meta.url);
        ${REPORT}
        const isLoaded = () => loaded().includes('polypool/dist/late.js');
        const shown = [loaded().some(file => /(late|more)[.]js$/.test(file))];
        const pool = await connect();
        const db = pool.db('package');
        await db.collection('documents').findOne({});
        shown.push(isLoaded());
        class Own extends GridFSBucket {}
        shown.push(new Own(db) instanceof GridFSBucket, new Own(db).find() !== undefined);
        shown.push(db.aggregate([]) instanceof AggregationCursor);
        const watched = db.watch();
        shown.push(watched instanceof ChangeStream, isLoaded());
        await watched.close();
        await pool.close();
        console.log(JSON.stringify(shown));
      `;
      const shown = await report('late.mjs', source);
      assert.deepEqual(shown, [false, false, true, true, true, true, true]);
    });

    it("with bson alone once it has connected, and for an error with the driver's errors", async () => {
      const source = `${REPORT}
        const { connect, createPool } = require('polypool');
        (async () => {
          const start = loaded();
          const first = createPool(process.env.MONGODB_URI);
          const finding = first.db('package').collection('documents').findOne({ place: 1 });
          const sent = loaded();
          await finding;
          const found = loaded();
          await first.close();
          const pool = await connect();
          const documents = pool.db('package').collection('documents');
          await documents.find({}).toArray();
          const use = loaded();
          await pool.db('package').command({ noSuchCommand: 1 }).catch(() => undefined);
          const error = loaded();
          await pool.close();
          require('mongodb/lib/error');
          console.log(JSON.stringify({ start, sent, found, use, error, end: loaded() }));
        })();
      `;
      const shown = await report('loaded.cjs', source);
      type Point = 'start' | 'sent' | 'found' | 'use' | 'error' | 'end';
      const { start, sent, found, use, error, end } = shown as Record<Point, string[]>;
      const foreign = (files: string[]) => files.filter(file => !file.startsWith('polypool/'));
      const packages = (files: string[]) => [
        ...new Set(foreign(files).map(file => file.split('/')[0]))
      ];
      assert.deepEqual(packages(start), []);
      // The servers are connected to before anything is loaded that only a reply needs.
      assert.deepEqual(packages(sent), ['@polypool']);
      assert.deepEqual(packages(found).sort(), ['@polypool', 'bson']);
      const parts = (files: string[]) => files.filter(file => /dist\/(more|late)\.js$/.test(file));
      assert.deepEqual(
        parts(found),
        [],
        'what the first document needs is in no part that loads late'
      );
      assert.deepEqual(packages(use).sort(), ['@polypool', 'bson']);
      assert.deepEqual(parts(use), ['polypool/dist/more.js']);
      const ofDriver = (files: string[]) =>
        foreign(files).filter(file => file.startsWith('mongodb/'));
      assert.ok(ofDriver(error).includes('mongodb/lib/error.js'));
      // What the driver's errors import themselves is the driver's business; there is nothing else.
      assert.deepEqual(ofDriver(error), ofDriver(end));
      assert.ok(!ofDriver(error).includes('mongodb/lib/index.js'));
      assert.ok(ofDriver(error).length <= 3, ofDriver(error).join());
    });
  });

  describe('declares', () => {
    it('the names that it exports, and no others', () => {
      const declared = declarations(path.join(ROOT, 'index.d.ts'));
      const exported = Object.keys(require('polypool') as object);
      const theirs = new Set(declarations(path.join(ROOT, 'node_modules/mongodb/mongodb.d.ts')));
      const drivers = new Set(Object.keys(require('mongodb') as object));
      assert.deepEqual(
        // The driver, too, declares classes that it does not export.
        declared.filter(name => !exported.includes(name) && !theirs.has(name)),
        []
      );
      assert.deepEqual(
        exported.filter(name => !declared.includes(name) && !drivers.has(name)),
        []
      );
    });

    it('nothing of the addon', async () => {
      const types = await readFile(path.join(ROOT, 'index.d.ts'), 'utf8');
      assert.deepEqual(types.match(/\bNative\w*/g), null);
      assert.ok(!/from '\.[^']*'/.test(types), 'it imports a file of its own');
      assert.ok(!types.includes('@polypool/'));
    });

    for (const module of ['node16', 'nodenext']) {
      for (const extension of ['cts', 'mts']) {
        it(`types that a ${extension} file resolves with module ${module}`, async () => {
          const options = {
            module,
            moduleResolution: module,
            target: 'ES2022',
            lib: ['ES2023'],
            types: ['node'],
            strict: true,
            noEmit: true,
            skipLibCheck: false
          };
          const config = { compilerOptions: options, files: [`consumer.${extension}`] };
          await project.write({
            'tsconfig.json': JSON.stringify(config),
            [`consumer.${extension}`]: CONSUMER
          });
          await compiles();
        });
      }
    }

    async function compiles(): Promise<void> {
      const tsc = require.resolve('typescript/bin/tsc');
      try {
        await project.node([tsc, '-p', 'tsconfig.json']);
      } catch (error) {
        assert.fail((error as Output).stdout);
      }
    }
  });
});

/** What a user might write; it must compile, and its one mistake must not. */
const CONSUMER = `
import { connect, createPool, MongoClient, ObjectId, PolyPool, type Collection, type Db } from 'polypool';
import type { Filter, WithId } from 'mongodb';
import { install } from 'polypool/mongoose';

interface User { name: string; age?: number }

export async function use(): Promise<WithId<User>[]> {
  const pool: PolyPool = await connect('mongodb://127.0.0.1', { maxPoolSize: 5, shared: false });
  const lazy: PolyPool = createPool('mongodb://127.0.0.1');
  const client: PolyPool = new MongoClient('mongodb://127.0.0.1');
  const db: Db = pool.db('test');
  const users: Collection<User> = db.collection<User>('users');
  const filter: Filter<User> = { name: /a/, age: { $gt: 1 } };
  await users.insertOne({ name: 'a' });
  // @ts-expect-error a number is no name
  await users.insertOne({ name: 1 });
  const found: WithId<User> | null = await users.findOne({ _id: new ObjectId() });
  for await (const { name } of users.find(filter)) name.toUpperCase();
  // @ts-expect-error a number is no Mongoose
  install(1);
  await Promise.all([lazy.close(), client.close(true)]);
  return found ? [found] : await users.find(filter).toArray();
}
`;

/** The names that a declaration file exports as values. */
function declarations(file: string): string[] {
  const program = ts.createProgram([file], { types: ['node'], skipLibCheck: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  assert.ok(source, `${file} is not there`);
  const module = checker.getSymbolAtLocation(source);
  assert.ok(module, `${file} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .filter(symbol => {
      const alias = symbol.flags & ts.SymbolFlags.Alias;
      const target = alias ? checker.getAliasedSymbol(symbol) : symbol;
      return (target.flags & ts.SymbolFlags.Value) !== 0;
    })
    .map(symbol => symbol.name);
}
