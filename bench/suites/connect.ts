// Owns the suite of connects with TLS and SCRAM, to a mongod of its own: the first of a process, and
// further ones, for which clients may keep what they computed. Must not know how a mongod is started.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { createConnection } from 'mongoose';
import { PolyPool } from 'polypool';
import { program } from '../place';
import { repeat } from '../repetition';
import type { Lane, Metric, Setting, Skip, Suite } from '../suite';

const FIRST = 'TLS and SCRAM, first connect of a process';
const AGAIN = 'TLS and SCRAM, connect again';

const CONTENDERS = ['polypool', 'mongodb', 'mongoose'] as const;
type ContenderName = (typeof CONTENDERS)[number];

/** A process takes a fraction of a second, and its figure varies. */
const STARTS_PER_ROUND = 3;
/** The part of a round's length that connecting again takes at least. */
const TURN = 0.25;
/** Long enough for any machine; a process that hangs must not hang the bench. */
const DEADLINE_MS = 30_000;

const WALL: Metric = { name: 'wall', unit: 'ms', better: 'lower', figure: 'wall' };
const CPU: Metric = { name: 'main-thread CPU', unit: 'ms', better: 'lower', figure: 'cpu' };

export const connectSuite: Suite = {
  name: 'connect',
  caseNames: [FIRST, AGAIN],
  open: async setting => {
    const server = await startServer();
    if (typeof server === 'string') {
      const skips: Skip[] = [FIRST, AGAIN].map(name => ({ name, reason: server }));
      return { cases: [], skips, close: async () => {} };
    }
    const { uri } = server;
    return {
      cases: [
        {
          name: FIRST,
          metrics: [WALL],
          lanes: CONTENDERS.map(name => firstLane(name, uri)),
          roundsPerRound: STARTS_PER_ROUND
        },
        {
          name: AGAIN,
          metrics: [WALL, CPU],
          lanes: CONTENDERS.map(name => againLane(name, uri, setting))
        }
      ],
      close: () => server.stop()
    };
  }
};

/** The server, or why there is none. */
async function startServer() {
  const { startReplicaSet } = await import('../../scripts/mongod/replica-set.mjs');
  try {
    return await startReplicaSet({ auth: true, tls: true });
  } catch (error) {
    return `no mongod with TLS: ${(error as Error).message}`;
  }
}

function firstLane(contender: ContenderName, uri: string): Lane {
  const script = program(join('connect', 'first.cjs'));
  return {
    contender,
    round: async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [script, contender, uri], {
        env: { ...process.env, NODE_OPTIONS: '' },
        timeout: DEADLINE_MS
      });
      const wall = Number(stdout);
      if (!(wall > 0)) throw new Error(`${contender} printed ${JSON.stringify(stdout)}`);
      return { wall };
    }
  };
}

/** A connected client whose first command was answered. */
interface Connected {
  close(): Promise<void>;
}

const CONNECT: Readonly<Record<ContenderName, (uri: string) => Promise<Connected>>> = {
  polypool: uri => connectClient(new PolyPool(uri)),
  mongodb: uri => connectClient(new MongoClient(uri)),
  mongoose: async uri => {
    const connection = await createConnection(uri).asPromise();
    await connection.db!.admin().command({ ping: 1 });
    return connection;
  }
};

async function connectClient(client: MongoClient): Promise<Connected> {
  await client.connect();
  await client.db('admin').command({ ping: 1 });
  return client;
}

function againLane(contender: ContenderName, uri: string, { seconds, clock }: Setting): Lane {
  let last: Connected | undefined;
  const prepare = async (): Promise<void> => {
    await last?.close();
    last = undefined;
  };
  const operation = async (): Promise<void> => {
    last = await CONNECT[contender](uri);
  };
  const round = async () => {
    try {
      return await repeat({ prepare, operation, seconds: seconds * TURN, clock });
    } finally {
      await prepare();
    }
  };
  return {
    contender,
    warmUp: async () => {
      await round();
    },
    round
  };
}
