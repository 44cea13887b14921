// Owns the process that uses models of many tenants, so that its memory is theirs alone: each model of each
// tenant once for a read and a write. Must not know how many tenants it will be asked for.
//
// Arguments: contender, connection string. Sends `{}` when it is ready; answers `{ tenants }` with what
// using the models of so many more came to, `{ memory }` with the resident memory, and `{ beats }` with what
// doing nothing for so many heartbeats came to.
//
// No tenant's database exists, and the writes match nothing: what databases cost the server is not what is
// measured. Half of a lot is of models that are nobody's, which says what the operations themselves cost.

import { setTimeout as delay } from 'node:timers/promises';
import { threadClock } from '../clock';
import { median } from '../statistics';
import { MODELS, openTenantModels, type AnyModel, type TenantContender } from './models';

const IN_FLIGHT = 32;
/** Operations of a model that is nobody's, for each of a tenant's. */
const BASELINE = 0.5;
/** What was freed is given back after a while, in milliseconds. */
const SETTLE_MS = 300;
const COLLECTIONS = 6;
/** Between two heartbeats: the least that servers are asked in. */
const HEARTBEAT_MS = 500;
/** Heartbeats that are measured together, of which the median counts. */
const BEATS = 2;

/** What using the models of a lot of tenants came to. */
export interface Used {
  /** Microseconds of the main thread for each model of a tenant, where there is a clock. */
  readonly cpu?: number;
  /** The same for a model that is nobody's. */
  readonly baseline?: number;
}

/** What doing nothing came to. */
export interface Rest {
  /** Microseconds of the main thread for each heartbeat, where there is a clock. */
  readonly cpu?: number;
}

export interface Memory {
  /** Bytes that are resident after garbage was collected. */
  readonly resident: number;
}

type Request = { tenants: number } | { memory: true } | { beats: number };

const [contender, uri] = process.argv.slice(2) as [TenantContender, string];
/** Nothing is created behind the reader's back. */
const OPTIONS = { autoIndex: false, autoCreate: false, heartbeatFrequencyMS: HEARTBEAT_MS };

function databaseName(tenant: number): string {
  return `bench_tenant_${tenant}`;
}

async function main(): Promise<void> {
  const { modelOf, close } = await openTenantModels(contender, uri, OPTIONS);
  const found = threadClock();
  const clock = 'clock' in found ? found.clock : undefined;
  const { Types } = (await import('mongoose')).default;
  const filter = { _id: new Types.ObjectId() };
  let tenants = 0;

  const use = async (count: number, from: (index: number) => AnyModel): Promise<number> => {
    let next = 0;
    const before = clock?.() ?? 0;
    const line = async (): Promise<void> => {
      while (next < count) {
        const model = from(next++);
        await model.findOne(filter).lean();
        await model.updateOne(filter, { quantity: next });
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, line));
    return ((clock?.() ?? 0) - before) / count;
  };

  const lot = async (count: number): Promise<Used> => {
    const pairs = count * MODELS;
    const first = tenants;
    tenants += count;
    const baseline = await use(pairs * BASELINE, index => modelOf(undefined, index % MODELS));
    const cpu = await use(pairs, index =>
      modelOf(databaseName(first + Math.floor(index / MODELS)), index % MODELS)
    );
    return clock ? { cpu, baseline } : {};
  };

  const rest = async (beats: number): Promise<Rest> => {
    if (clock === undefined) return {};
    const windows: number[] = [];
    for (let done = 0; done < beats; done += BEATS) {
      const before = clock();
      await delay(BEATS * HEARTBEAT_MS);
      windows.push((clock() - before) / BEATS);
    }
    return { cpu: median(windows) };
  };

  const answer = async (message: Request): Promise<Used | Memory | Rest> => {
    if ('tenants' in message) return await lot(message.tenants);
    return 'beats' in message ? await rest(message.beats) : await memory();
  };
  process.on('message', (message: Request) => {
    void answer(message).then(result => process.send!(result));
  });
  process.once('disconnect', () => void close());
  process.send!({});
}

async function memory(): Promise<Memory> {
  for (let made = 0; made < COLLECTIONS; made++) {
    globalThis.gc?.();
    await delay(SETTLE_MS / COLLECTIONS);
  }
  return { resident: process.memoryUsage.rss() };
}

void main();
