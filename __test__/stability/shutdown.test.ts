/**
 * SIGTERM under 500 requests a second: every request that was accepted before it is answered, the
 * process ends as its host means it to, and the server is left with no connection when the pool is
 * closed, before the process ends.
 */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect as openHttp2, type ClientHttp2Session } from 'node:http2';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PolyPool } from 'polypool';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

const RATE = 500;
/** Requests before the signal. */
const BEFORE = 750;
const DEADLINE_MS = 20_000;

interface Figures {
  /** Requests the server had accepted at the end, and those of them that it answered. */
  accepted: number;
  answered: number;
  failed: number;
  /** Paths of those that it had accepted when it began to end, where that is known. */
  early: string[];
}

interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  counts: Figures;
  /** Whether the request with this number, which its path is, got 200. */
  answers: boolean[];
  /** From the signal to the process's end, in milliseconds. */
  took: number;
}

let round = 0;

/** Asks for one answer; true when it came. */
function ask(port: number, agent: Agent, number: number): Promise<boolean> {
  return new Promise(resolve => {
    const options = { port, host: '127.0.0.1', agent, path: `/${number}` };
    const request = get(options, response => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
      response.once('error', () => resolve(false));
    });
    request.once('error', () => resolve(false));
  });
}

/** Begins requests at the rate, until told otherwise. */
function load(port: number, agent: Agent): { begun: Promise<boolean>[]; stop: () => void } {
  const begun: Promise<boolean>[] = [];
  const began = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1_000) * RATE;
    while (begun.length < due) begun.push(ask(port, agent, begun.length));
  }, 2);
  return { begun, stop: () => clearInterval(timer) };
}

/** The connections that the server has of a client of this name. */
async function connections(pool: PolyPool, appName: string): Promise<number> {
  const stages = [{ $currentOp: { idleConnections: true } }, { $match: { appName } }];
  return (await pool.db('admin').aggregate(stages).toArray()).length;
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `in time: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** Starts the fixture. */
function start(args: string[]): ChildProcess {
  const script = path.join(import.meta.dirname, 'fixtures', 'server.cjs');
  const child = fork(script, args, { execArgv: [], stdio: ['pipe', 'pipe', 'inherit', 'ipc'] });
  // It may be gone before it reads.
  child.stdin!.on('error', () => undefined);
  return child;
}

async function terminate(uri: string, ending: string, keepAlive: boolean): Promise<Outcome> {
  const appName = `shutdown-${process.pid}-${round++}`;
  const child = start([uri, ending, appName]);
  const killer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  let printed = '';
  child.stdout!.on('data', chunk => (printed += String(chunk)));
  const agent = new Agent({ keepAlive, maxSockets: Infinity });
  const { begun, stop } = load(port, agent);
  await until(() => begun.length >= BEFORE, 'the load');
  await using pool = await PolyPool.connect(uri);
  assert.ok((await connections(pool, appName)) > 0, 'the server has connections of it');
  const at = performance.now();
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await until(() => printed.includes('closed\n'), 'the pool is closed');
  assert.deepEqual([child.exitCode, child.signalCode], [null, null], 'the process is still there');
  await until(async () => (await connections(pool, appName)) === 0, 'no connection is left');
  child.stdin!.end();
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  const took = performance.now() - at;
  clearTimeout(killer);
  stop();
  const counts = JSON.parse(printed.trim().split('\n').at(-1)!) as Figures;
  const answers = await Promise.all(begun);
  agent.destroy();
  return { code, signal, counts, answers, took };
}

/** As {@link ask}, over HTTP/2. */
function askHttp2(session: ClientHttp2Session): Promise<boolean> {
  return new Promise(resolve => {
    const stream = session.request({ ':path': '/' });
    let status: number | undefined;
    stream.once('response', headers => (status = headers[':status']));
    stream.once('error', () => resolve(false));
    stream.once('end', () => resolve(status === 200));
    stream.resume();
  });
}

function figures(ending: string, counts: Figures, ok: number, took: number): string {
  return (
    `${ending}: SIGTERM under ${RATE} requests/s: ${counts.accepted} accepted, ${ok} answered, ` +
    `${counts.failed} failed; the process ended after ${took.toFixed(0)} ms`
  );
}

describe('A server that is told to end under load', () => {
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
    await using pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db('stability').collection<{ _id: number }>('documents');
    await documents.updateOne({ _id: 1 }, { $set: { there: true } }, { upsert: true });
  });
  after(() => mongod.stop());

  const expected: Array<[ending: string, code: number | null, signal: string | null]> = [
    ['plain', null, 'SIGTERM'],
    ['signal-exit', null, 'SIGTERM'],
    ['own', 3, null],
    ['http-terminator', 0, null],
    ['terminus', null, 'SIGTERM'],
    ['close-with-grace', 0, null]
  ];
  for (const [ending, code, signal] of expected) {
    it(`answers what it had accepted: ${ending}`, async t => {
      const { counts, answers, took, ...ended } = await terminate(mongod.uri, ending, false);
      const ok = answers.filter(Boolean).length;
      t.diagnostic(figures(ending, counts, ok, took));
      assert.deepEqual(ended, { code, signal });
      const { early, ...sums } = counts;
      const { accepted } = sums;
      assert.deepEqual(sums, { accepted, answered: accepted, failed: 0 });
      if (['terminus', 'http-terminator'].includes(ending)) {
        // These end connections that they take to be idle, though a request is on its way: whatever
        // the answer is then, it does not arrive. Those that they had accepted before are answered.
        assert.ok(early.length >= BEFORE * 0.5, `${early.length} had been accepted`);
        const unanswered = early.filter(path => !answers[Number(path.slice(1))]);
        assert.deepEqual(unanswered, []);
      } else assert.equal(ok, accepted);
      assert.ok(accepted >= BEFORE * 0.9, 'nearly all begun before the signal were accepted');
    });
  }

  it('answers what it had accepted on connections that are kept', async t => {
    const { counts, answers, took, ...ended } = await terminate(mongod.uri, 'plain', true);
    const ok = answers.filter(Boolean).length;
    t.diagnostic(figures('plain, connections kept', counts, ok, took));
    assert.deepEqual(ended, { code: null, signal: 'SIGTERM' });
    assert.deepEqual(counts, { accepted: ok, answered: ok, failed: 0, early: [] });
  });

  it('answers what it had accepted over HTTP/2, though nothing is asked of MongoDB meanwhile', async () => {
    const child = start([mongod.uri, 'plain', 'http2', 'http2', '1000']);
    child.stdin!.end();
    const killer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const sessions = [1, 2].map(() => openHttp2(`http://127.0.0.1:${port}`));
    for (const session of sessions) session.on('error', () => undefined);
    const begun = Array.from({ length: 20 }, (_, i) => askHttp2(sessions[i % 2]!));
    // The first reads are done, and the second come later than a process that is still would wait.
    await new Promise(resolve => setTimeout(resolve, 500));
    child.kill('SIGTERM');
    const ended = once(child, 'close');
    const ok = (await Promise.all(begun)).filter(Boolean).length;
    const [code, signal] = (await ended) as [number | null, string | null];
    clearTimeout(killer);
    for (const session of sessions) session.destroy();
    assert.deepEqual([ok, code, signal], [20, null, 'SIGTERM']);
  });
});
