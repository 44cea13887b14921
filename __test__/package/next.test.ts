/**
 * examples/next-mongoose with the package as users get it: built and served, and reloaded while it runs.
 * Next.js is not among the checkout's packages; a directory that has it is named by POLYPOOL_NEXT.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';
import { Project, ROOT } from './project.ts';

const PACKAGES = process.env['POLYPOOL_NEXT'];
const skip =
  PACKAGES === undefined &&
  'POLYPOOL_NEXT names no directory after `npm install next react react-dom mongoose`';
/** A build takes seconds, on a busy machine many of them. In milliseconds. */
const DEADLINE_MS = 180_000;

const TEAMS = ['green', 'red'];

describe('The example of Next.js', { skip, timeout: 2 * DEADLINE_MS }, () => {
  const database = uniqueDatabase();
  let mongod: SharedMongod;
  let observer: MongoClient;
  let project: Project;
  let env: Record<string, string>;

  before(async () => {
    mongod = await sharedMongod();
    const uri = new URL(mongod.uri);
    uri.pathname = `/${database}`;
    uri.searchParams.set('appName', database);
    env = { MONGODB_URI: uri.href, TEAMS_PREFIX: database, NEXT_TELEMETRY_DISABLED: '1' };
    observer = await new MongoClient(mongod.uri).connect();
    project = await Project.create(PACKAGES);
    await cp(path.join(ROOT, 'examples', 'next-mongoose'), project.directory, { recursive: true });
  });
  after(async () => {
    await project.remove();
    const databases = [database, ...TEAMS.map(team => `${database}_${team}`)];
    for (const name of databases) await observer.db(name).dropDatabase();
    await observer.close();
    await mongod.stop();
  });

  function next(...args: string[]): ChildProcess {
    const require = createRequire(path.join(project.directory, 'package.json'));
    const command = require.resolve('next/dist/bin/next');
    return spawn(process.execPath, [command, ...args], {
      cwd: project.directory,
      env: { ...process.env, ...env },
      stdio: 'inherit'
    });
  }

  async function serve(t: TestContext, command: string): Promise<string> {
    const port = await freePort();
    const server = next(command, '-p', String(port));
    t.after(async () => {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    });
    const url = `http://127.0.0.1:${port}`;
    await until('the server answers', async () => {
      assert.equal(server.exitCode, null, 'the server has ended');
      return (await fetch(`${url}/api/notes`).catch(() => undefined))?.ok === true;
    });
    return url;
  }

  /** Connections of the application, those of its monitors included. */
  async function connections(): Promise<number> {
    const every = { $currentOp: { allUsers: true, idleConnections: true } };
    const pipeline = [every, { $match: { appName: database } }];
    return (await observer.db('admin').aggregate(pipeline).toArray()).length;
  }

  it('is built, and serves pages and bytes from a PolyPool', async t => {
    const [code] = (await once(next('build'), 'exit')) as [number | null];
    assert.equal(code, 0);
    const url = await serve(t, 'start');
    const notes = `${url}/api/notes`;
    assert.equal((await post(notes, {})).status, 400);
    assert.equal((await post(notes, { text: 'built' })).status, 201);
    assert.deepEqual(await textsOf(notes), ['built']);
    const page = await (await fetch(url)).text();
    assert.match(page, /<li>built<\/li>/);
    assert.match(page, />on a (<!-- -->)?PolyPool</);
  });

  for (const command of ['start', 'dev']) {
    it(`runs routes as their tenants, by next ${command}`, async t => {
      const url = await serve(t, command);
      const notesOf = (team: string): string => `${url}/api/teams/${team}/notes`;
      const before = await textsOf(`${url}/api/notes`);
      const texts = TEAMS.flatMap(team =>
        Array.from({ length: 10 }, (_, n) => [team, `${team} ${command} ${n}`] as const)
      );
      await Promise.all(
        texts.map(async ([team, text]) => {
          assert.equal((await post(notesOf(team), { text })).status, 201);
          const found = await textsOf(notesOf(team));
          assert.ok(found.includes(text) && found.every(one => one.startsWith(team)));
        })
      );
      for (const team of TEAMS) {
        const stored = await observer
          .db(`${database}_${team}`)
          .collection('notes')
          .find()
          .toArray();
        const own = stored.map(({ text }) => text as string).filter(text => text.includes(command));
        const expected = texts.filter(([of]) => of === team).map(([, text]) => text);
        assert.deepEqual(own.sort(), expected.sort());
      }
      assert.deepEqual(await textsOf(`${url}/api/notes`), before);
      assert.equal((await fetch(notesOf('admin'))).status, 404);
    });
  }

  it('keeps its connections through hot reloads', async t => {
    const url = await serve(t, 'dev');
    await (await fetch(url)).text();
    const before = await connections();
    for (const title of ['First', 'Second', 'Third']) {
      await change('lib/database.js', text => `${text}// ${title}\n`);
      await change('app/page.jsx', text => text.replace(/<h1>.*<\/h1>/, `<h1>${title}</h1>`));
      await until('the page is reloaded', async () => {
        return (await (await fetch(url)).text()).includes(`<h1>${title}</h1>`);
      });
      assert.equal((await fetch(`${url}/api/notes`)).status, 200);
    }
    // A second client would have monitors of its own beside a connection.
    const since = (await connections()) - before;
    assert.ok(before > 0 && since < 2, `${since} connections more than ${before}`);
  });

  async function change(file: string, edit: (text: string) => string): Promise<void> {
    const name = path.join(project.directory, file);
    await writeFile(name, edit(await readFile(name, 'utf8')));
  }
});

async function post(url: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function textsOf(url: string): Promise<string[]> {
  const found = (await (await fetch(url)).json()) as Array<{ text: string }>;
  return found.map(({ text }) => text);
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `not within ${DEADLINE_MS} ms: ${what}`);
    await delay(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
