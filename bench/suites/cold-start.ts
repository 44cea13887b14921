// Owns the suite of cold starts: from the start of a process to its first document.
// Must not know what the processes do (cold-start/*.cjs), only that they print the document's place.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ITEMS } from '../database';
import { COLD_START_FOLDER } from '../place';
import type { Lane, Metric, Round, Setting, Suite } from '../suite';

const CASE = 'process start to first document';

/** The script that prints at once: what starting Node costs by itself. */
const BARE = 'node';

const CONTENDERS = ['polypool', 'mongodb', 'mongoose'];

/** A start takes a fraction of a second, and varies more than a round of many operations. */
const STARTS_PER_ROUND = 5;

/** Long enough for any machine; a process that hangs must not hang the bench. */
const DEADLINE_MS = 30_000;

const METRICS: readonly Metric[] = [
  { name: 'wall', unit: 'ms', better: 'lower', figure: 'wall' },
  { name: 'wall less bare node', unit: 'ms', better: 'lower', figure: 'wall', lessLane: BARE }
];

export const coldStartSuite: Suite = {
  name: 'cold-start',
  caseNames: [CASE],
  open: async setting => {
    await setting.database.fill();
    const lanes = [BARE, ...CONTENDERS].map(script => startLane(script, setting));
    return {
      cases: [{ name: CASE, metrics: METRICS, lanes, roundsPerRound: STARTS_PER_ROUND }],
      close: async () => {}
    };
  }
};

function startLane(script: string, setting: Setting): Lane {
  const round = (): Promise<Round> => start(script, setting);
  return {
    contender: script,
    // Brings the files into the page cache: reading them from disk is no client's doing.
    warmUp: async () => {
      await round();
    },
    round
  };
}

/** Gives `wall`: milliseconds from spawning to the line the script prints. */
async function start(script: string, { uri, database }: Setting): Promise<Round> {
  const path = join(COLD_START_FOLDER, `${script}.cjs`);
  const from = performance.now();
  const child = spawn(process.execPath, [path, uri, database.name, ITEMS], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Loaders and flags of the bench's own process are no part of a cold start.
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: DEADLINE_MS
  });
  let wall = Number.NaN;
  let printed = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    if (printed === '') wall = performance.now() - from;
    printed += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0 || printed !== '0\n') {
    const end = signal ?? `code ${code}`;
    throw new Error(`${script}.cjs ended with ${end} after printing ${JSON.stringify(printed)}`);
  }
  return { wall };
}
