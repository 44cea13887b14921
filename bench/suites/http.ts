// Owns the suite of web servers under a mixed load: how long small reads wait while big lists are served.
// Must not know how a server answers, nor what the load consists of.

import { join } from 'node:path';
import { Child } from '../child';
import {
  DOCUMENTS,
  JSON_BYTES,
  JSON_CONTENDERS,
  jsonObstacle
} from '../contenders/json-contenders';
import type { JSONContenderName } from '../contenders/json-contenders';
import type { LoadResult, LoopDelays } from '../http/load';
import type { Rounds } from '../schedule';
import { SUBJECT } from '../suite';
import type { Composition, Lane, Metric, Setting, Skip, Suite } from '../suite';

const BYTES_CASE = 'Express, mixed load, JSON bytes';
const DOCUMENTS_CASE = 'Express, mixed load, documents';

/** Servers are warm after this, in seconds; a turn is as many rounds' length as this. */
const WARM_UP_SECONDS = 2;
const TURN = 3;
/** Turns that are enough, each being long. */
const MOST_ROUNDS = 3;

const METRICS: readonly Metric[] = [
  { name: 'p50 of small reads', unit: 'ms', better: 'lower', figure: 'p50' },
  { name: 'p99 of small reads', unit: 'ms', better: 'lower', figure: 'p99' },
  { name: 'p50 of event-loop delay', unit: 'ms', better: 'lower', figure: 'loop50' },
  { name: 'p99 of event-loop delay', unit: 'ms', better: 'lower', figure: 'loop99' },
  { name: 'big lists', unit: 'lists/s', better: 'higher', figure: 'lists' }
];

export const httpSuite: Suite = {
  name: 'http',
  caseNames: [BYTES_CASE, DOCUMENTS_CASE],
  open: async setting => {
    await setting.database.fill();
    const obstacle = await jsonObstacle(setting.uri);
    const skips: Skip[] = obstacle === undefined ? [] : [{ name: BYTES_CASE, reason: obstacle }];
    const hasBytes = obstacle === undefined;
    const client = Child.start(join('http', 'client.ts'), []);
    const servers: Child[] = [];
    const close = async (): Promise<void> => {
      await Promise.all([client, ...servers].map(child => child.stop()));
    };
    const lanes: Lane[] = [];
    try {
      for (const name of JSON_CONTENDERS) {
        if (name === JSON_BYTES && !hasBytes) continue;
        const { uri, database } = setting;
        const server = Child.start(join('http', 'server.ts'), [name, uri, database.name]);
        servers.push(server);
        const { port } = await server.answer<{ port: number }>();
        lanes.push(httpLane(name, { server, port, client }, setting));
      }
    } catch (error) {
      await close();
      throw error;
    }
    // Without JSON bytes, polypool's documents are all it has.
    const subject = hasBytes ? JSON_BYTES : DOCUMENTS;
    const raced = lanes.map(lane =>
      lane.contender === subject ? { ...lane, contender: SUBJECT } : lane
    );
    return {
      cases: [
        {
          name: hasBytes ? BYTES_CASE : DOCUMENTS_CASE,
          metrics: METRICS,
          lanes: raced,
          mostRounds: MOST_ROUNDS
        }
      ],
      skips,
      compose: results => (hasBytes ? documentsCase(results.get(BYTES_CASE)) : []),
      close
    };
  }
};

/** The same turns, with polypool's documents in the place of its bytes. */
function documentsCase(rounds: Rounds | undefined): Composition[] {
  if (!rounds) return [];
  const renamed = [...rounds].flatMap(([name, lane]) =>
    name === SUBJECT ? [] : [[name === DOCUMENTS ? SUBJECT : name, lane] as const]
  );
  return [{ name: DOCUMENTS_CASE, metrics: METRICS, rounds: new Map(renamed) }];
}

/** A server that runs, and the process that loads it. */
interface Course {
  readonly server: Child;
  readonly port: number;
  readonly client: Child;
}

function httpLane(
  contender: JSONContenderName,
  { server, port, client }: Course,
  { seconds, quick }: Setting
): Lane {
  const run = async (length: number) => {
    await server.ask<LoopDelays>({});
    const { p50, p99, lists } = await client.ask<LoadResult>({ port, seconds: length });
    const loop = await server.ask<LoopDelays>({});
    return { p50, p99, lists, loop50: loop.p50, loop99: loop.p99 };
  };
  return {
    contender,
    warmUp: async () => {
      await run(quick ? seconds : WARM_UP_SECONDS);
    },
    round: () => run(seconds * TURN)
  };
}
