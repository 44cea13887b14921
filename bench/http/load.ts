// Owns the mixed load: small reads that arrive by the clock, whether or not earlier ones are answered,
// beside clients that ask for a big list after the other. Must not know who answers.

import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { DOCUMENTS } from '../documents';
import { percentile } from '../statistics';

/** Small reads a second: more than a server would notice, fewer than any contender can bear. */
const SMALL_PER_SECOND = 200;
/** Clients of lists, the documents of each list, and the pause between two in milliseconds. */
const LIST_CLIENTS = 2;
export const LIST_LENGTH = 5_000;
const LIST_PAUSE_MS = 200;
/** Connections for small reads; those beyond wait for one, which counts as their latency. */
const CONNECTIONS = 64;
/** Walks the documents in an order that is no scan: coprime to `DOCUMENTS`. */
const STRIDE = 7_919;

const MILLISECONDS_PER_SECOND = 1_000;

/** Delays of an event loop in milliseconds. */
export interface LoopDelays {
  readonly p50: number;
  readonly p99: number;
}

/** What a stretch of the load came to. */
export interface LoadResult {
  /** Latency of small reads in milliseconds, from when they were due. */
  readonly p50: number;
  readonly p99: number;
  /** Lists that were served a second. */
  readonly lists: number;
}

/** Loads the server on this port of this machine. */
export async function load(port: number, seconds: number): Promise<LoadResult> {
  const smallAgent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const listAgent = new Agent({ keepAlive: true, maxSockets: LIST_CLIENTS });
  const start = performance.now();
  const deadline = start + seconds * MILLISECONDS_PER_SECOND;
  try {
    const lists = Promise.all(
      Array.from({ length: LIST_CLIENTS }, () => askForLists(port, listAgent, deadline))
    );
    const latencies = await askForDocuments(port, smallAgent, start, deadline);
    const served = (await lists).reduce((sum, each) => sum + each, 0);
    const took = (performance.now() - start) / MILLISECONDS_PER_SECOND;
    const sorted = latencies.sort();
    return {
      p50: percentile(sorted, 50),
      p99: percentile(sorted, 99),
      lists: served / took
    };
  } finally {
    smallAgent.destroy();
    listAgent.destroy();
  }
}

async function askForDocuments(
  port: number,
  agent: Agent,
  start: number,
  deadline: number
): Promise<Float64Array> {
  const between = MILLISECONDS_PER_SECOND / SMALL_PER_SECOND;
  const requests: Promise<number>[] = [];
  for (let due = start; due < deadline; due += between) {
    const early = due - performance.now();
    if (early > 0) await delay(early);
    const sequence = (requests.length * STRIDE) % DOCUMENTS;
    const dueAt = due;
    requests.push(request(port, agent, `/items/${sequence}`).then(() => performance.now() - dueAt));
  }
  return Float64Array.from(await Promise.all(requests));
}

/** Resolves to how many lists there were. */
async function askForLists(port: number, agent: Agent, deadline: number): Promise<number> {
  let served = 0;
  while (performance.now() < deadline) {
    await request(port, agent, `/items?limit=${LIST_LENGTH}`);
    served += 1;
    await delay(LIST_PAUSE_MS);
  }
  return served;
}

/** Resolves to the length of the answer in bytes. */
function request(port: number, agent: Agent, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent, path }, response => {
      let length = 0;
      response
        .on('data', (chunk: Buffer) => (length += chunk.length))
        .once('error', reject)
        .once('end', () => {
          if (response.statusCode === 200) resolve(length);
          else reject(new Error(`${path} was answered with ${response.statusCode}`));
        });
    }).once('error', reject);
  });
}
