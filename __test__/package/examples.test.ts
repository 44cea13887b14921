/**
 * The examples on Mongoose with the package as users get it. Express's runs as it is; of Next.js's, the
 * route and the page are bundled and called without Next.js, which next.test.ts has.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { MongoClient } from 'mongodb';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';
import { Project, ROOT } from './project.ts';

/** What makes an example one on polypool. */
const LINE = 'install(mongoose);\n';
/** Milliseconds. */
const TIMEOUT_MS = 120_000;

interface Answer {
  readonly status: number;
  readonly body: any;
}

describe('An example on Mongoose', { timeout: TIMEOUT_MS }, () => {
  const databases: string[] = [];
  let mongod: SharedMongod;
  let project: Project;

  before(async () => {
    mongod = await sharedMongod();
    project = await Project.create();
    for (const name of ['mongoose', 'express']) await project.link(name);
    for (const name of ['express-mongoose', 'next-mongoose']) {
      const from = path.join(ROOT, 'examples', name);
      await cp(from, path.join(project.directory, name), { recursive: true });
    }
  });
  after(async () => {
    await project.remove();
    const client = new MongoClient(mongod.uri);
    for (const name of databases) await client.db(name).dropDatabase();
    await client.close();
    await mongod.stop();
  });

  /** A connection string of a database of its own. */
  function newDatabase(): string {
    const name = uniqueDatabase();
    databases.push(name);
    return Object.assign(new URL(mongod.uri), { pathname: `/${name}` }).href;
  }

  describe('with Express', () => {
    /** Answers to a client's requests, without the ids that no two runs share, and what was printed. */
    async function used(t: TestContext): Promise<{ answers: Answer[]; printed: string[] }> {
      const server = spawn(process.execPath, ['server.mjs'], {
        cwd: path.join(project.directory, 'express-mongoose'),
        env: { ...process.env, MONGODB_URI: newDatabase(), PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit']
      });
      t.after(() => server.kill('SIGKILL'));
      const ended = once(server, 'exit');
      const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
      const first = String((await lines.next()).value);
      const url = /^listening on (\S+),/.exec(first)?.[1];
      assert.ok(url, first);
      const answers = await asked(url);
      server.kill('SIGTERM');
      const last = String((await lines.next()).value);
      assert.deepEqual(await ended, [0, null]);
      return { answers, printed: [first.replace(/^.*, /, ''), last] };
    }

    it('answers the same with the one line and without it', async t => {
      const own = await used(t);
      assert.deepEqual(own.printed, ['on a PolyPool', 'closed']);
      assert.deepEqual(
        own.answers.map(({ status }) => status),
        [200, 201, 400, 200, 200, 409, 404, 200, 404]
      );
      const file = path.join(project.directory, 'express-mongoose', 'server.mjs');
      const source = await readFile(file, 'utf8');
      assert.ok(source.includes(LINE));
      await writeFile(file, source.replace(LINE, ''));
      const stock = await used(t);
      assert.deepEqual(stock.printed, ['on a MongoClient', 'closed']);
      assert.deepEqual(own.answers, stock.answers);
    });
  });

  describe('with Next.js', () => {
    /** The application's modules, made and evaluated anew: as after a hot reload. */
    async function loaded(version: string) {
      const directory = path.join(project.directory, 'next-mongoose');
      await project.write({
        'element.mjs':
          'export const element = (type, props, ...children) => ({ type, props, children: children.flat() });',
        'cache.mjs': 'export const revalidatePath = path => void (globalThis.revalidated = path);'
      });
      const outdir = path.join(project.directory, version);
      await build({
        absWorkingDir: directory,
        entryPoints: ['app/page.jsx', 'app/api/notes/route.js', 'lib/database.js'],
        alias: { 'next/cache': path.join(project.directory, 'cache.mjs') },
        inject: [path.join(project.directory, 'element.mjs')],
        jsxFactory: 'element',
        bundle: true,
        splitting: true,
        packages: 'external',
        platform: 'node',
        format: 'esm',
        outExtension: { '.js': '.mjs' },
        outdir
      });
      const load = (file: string) => import(pathToFileURL(path.join(outdir, file)).href);
      return {
        page: await load('app/page.mjs'),
        route: await load('app/api/notes/route.mjs'),
        client: (await (await load('lib/database.mjs')).database()).getClient() as object
      };
    }

    const post = (body: string) => new Request('http://localhost', { method: 'POST', body });

    it('serves bytes and pages from a PolyPool, which outlives a hot reload', async t => {
      process.env['MONGODB_URI'] = newDatabase();
      const { page, route, client } = await loaded('first');
      t.after(() => (client as MongoClient).close());
      assert.equal(client.constructor.name, 'PolyPool');
      assert.equal(route.runtime, 'nodejs');
      assert.equal((await route.POST(post('{}'))).status, 400);
      assert.equal((await route.POST(post('no JSON'))).status, 400);
      assert.equal((await route.POST(post('{"text":"posted"}'))).status, 201);
      const form = find(await page.default(), 'form')!;
      await form.props.action(new Map([['text', 'by the form']]));
      assert.equal((globalThis as { revalidated?: string }).revalidated, '/');
      const notes = await (await route.GET()).json();
      assert.deepEqual(
        notes.map(({ text }: { text: string }) => text),
        ['by the form', 'posted']
      );
      assert.match(textOf(await page.default()), /by the form.*posted.*on a +PolyPool/s);

      const again = await loaded('second');
      assert.notEqual(again.route, route);
      assert.equal(again.client, client);
      assert.deepEqual(await (await again.route.GET()).json(), notes);
    });

    it('has Next.js load both packages as they are', async () => {
      const config = path.join(project.directory, 'next-mongoose', 'next.config.mjs');
      const { default: options } = await import(pathToFileURL(config).href);
      assert.deepEqual(options.serverExternalPackages, ['polypool', 'mongoose']);
    });
  });
});

/** Every route of the Express example, with what it refuses. */
async function asked(url: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  let id = '';
  const ask = async (route: string, body?: object): Promise<any> => {
    const response = await fetch(`${url}${route}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' }
    });
    const answer = await response.json();
    id = answer._id ?? id;
    answers.push({ status: response.status, body: withoutIds(answer) });
  };
  await ask('/health');
  await ask('/books', { title: 'Ethics', author: 'Spinoza', copies: 1 });
  await ask('/books', { author: 'Spinoza' });
  await ask('/books');
  await ask(`/books/${id}/lend`, {});
  await ask(`/books/${id}/lend`, {});
  await ask('/books/0123456789abcdef01234567');
  await ask('/authors/Spinoza');
  await ask('/nothing');
  return answers;
}

function withoutIds(answer: object): unknown {
  const made = /"([0-9a-f]{24}|\d{4}-\d\d-\d\dT[\d:.]+Z)"/g;
  return JSON.parse(JSON.stringify(answer).replace(made, '"made"'));
}

interface Element {
  readonly type: string;
  readonly props: any;
  readonly children: readonly unknown[];
}

function find(element: Element, type: string): Element | undefined {
  if (element.type === type) return element;
  const inside = element.children.filter(child => typeof child === 'object') as Element[];
  return inside.map(child => find(child, type)).find(found => found !== undefined);
}

/** The texts in an element, with spaces between. */
function textOf({ children }: Element): string {
  return children
    .map(child => (typeof child === 'object' ? textOf(child as Element) : (child as string)))
    .join(' ');
}
