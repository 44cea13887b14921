/** A server that sends changes to browsers: some leave, and it is told to end. Nobody else is to notice. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PolyPool } from 'polypool';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

const DEADLINE_MS = 20_000;

describe('A server that sends changes to browsers', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;

  before(async () => {
    mongod = await sharedMongod();
    pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db('stability').collection<{ _id: number }>('documents');
    await documents.updateOne({ _id: 1 }, { $set: { there: true } }, { upsert: true });
  });
  after(async () => {
    await pool.close();
    await mongod.stop();
  });

  interface Server {
    readonly child: ChildProcess;
    readonly ended: Promise<[code: number | null, signal: string | null]>;
    /** What it has complained of. */
    complaints(): string;
    ask(path: string): Promise<IncomingMessage>;
    /** How many read each stream that it has open. */
    listeners(): Promise<number[]>;
  }

  async function start(...args: string[]): Promise<Server> {
    const script = path.join(import.meta.dirname, 'fixtures', 'event-streams.cjs');
    const child = fork(script, [mongod.uri, ...args], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc']
    });
    let complaints = '';
    child.stderr!.on('data', chunk => (complaints += String(chunk)));
    const killer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    const ended = once(child, 'close').finally(() => clearTimeout(killer)) as Server['ended'];
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return {
      child,
      ended,
      complaints: () => complaints,
      ask: to =>
        new Promise((resolve, reject) => {
          get({ port, host: '127.0.0.1', path: to, agent: false }, resolve).once('error', reject);
        }),
      listeners: async () => {
        child.send('watches');
        const [{ watches }] = (await once(child, 'message')) as [{ watches: number[] }];
        return watches;
      }
    };
  }

  async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
    const end = performance.now() + DEADLINE_MS;
    while (!(await holds())) {
      assert.ok(performance.now() < end, `in time: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }

  /** The whole of an answer. */
  async function textOf(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }

  const sum = (numbers: number[]): number => numbers.reduce((all, one) => all + one, 0);

  /** What the slow request gets, which is under way when this returns. */
  async function askSlowly(server: Server): Promise<{ answer: Promise<string> }> {
    const answer = server.ask('/slow').then(textOf);
    const running = { 'command.find': 'documents', 'command.filter.$where': { $exists: true } };
    const stages = [{ $currentOp: {} }, { $match: running }];
    await until(
      async () => (await pool.db('admin').aggregate(stages).toArray()).length > 0,
      'the request is under way'
    );
    return { answer };
  }

  for (const kind of ['shared', 'own']) {
    it(`goes on when one leaves: ${kind}`, async () => {
      const server = await start(kind);
      const [leaving, staying] = await Promise.all([server.ask('/events'), server.ask('/events')]);
      leaving.on('error', () => undefined);
      await until(async () => sum(await server.listeners()) === 2, 'both listen');
      leaving.destroy();
      await until(async () => sum(await server.listeners()) === 1, 'one has left');
      await pool.db('stability').collection('event-streams').insertOne({ here: true });
      const [data] = (await once(staying, 'data')) as [Buffer];
      assert.match(String(data), /"here":true/);
      const rest = textOf(staying);
      server.child.kill('SIGTERM');
      assert.deepEqual(await server.ended, [null, 'SIGTERM']);
      assert.deepEqual([await rest, server.complaints()], ['', '']);
    });

    for (const loop of ['documented', 'bare']) {
      it(`ends by SIGTERM with what it had accepted answered: ${kind}, ${loop}`, async () => {
        const server = await start(kind, loop);
        const events = textOf(await server.ask('/events'));
        await until(async () => sum(await server.listeners()) === 1, 'it listens');
        const { answer } = await askSlowly(server);
        server.child.kill('SIGTERM');
        assert.equal(await answer, 'answer');
        assert.equal(await events, '');
        assert.deepEqual(await server.ended, [null, 'SIGTERM']);
        assert.equal(server.complaints(), '');
      });
    }
  }
});
