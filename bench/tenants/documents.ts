// Owns the process that saves documents of a few tenants and finds them again, and keeps documents of many.
// Must not know how often it will be asked to.
//
// Arguments: contender, connection string, name that those of the tenants' databases begin with. Sends `{}` when
// it is ready, with the collections made; answers `{ documents }` with what saving and finding so many came to,
// `{ kept }` with the memory of so many that are in use, and `{ drop }` when the databases are gone.
//
// The tenants that store something are few: what collections cost the server is not what is measured.

import { setTimeout as delay } from 'node:timers/promises';
import { threadClock } from '../clock';
import { item, newItem } from '../documents';
import { MODELS, openTenantModels, type AnyModel, type TenantContender } from './models';

/** Tenants whose documents are stored. */
const TENANTS = 10;
/** Tenants whose documents are kept: a model of each. */
const KEEPERS = 1_000;
const IN_FLIGHT = 32;
const COLLECTIONS = 6;
/** What was freed is given back after a while, in milliseconds. */
const SETTLE_MS = 300;

/** What saving documents and finding them came to. */
export interface Stored {
  /** Microseconds of the main thread for each document of a tenant's, where there is a clock. */
  readonly cpu?: number;
  /** The same by a model of the same schema that has no tenants. */
  readonly baseline?: number;
}

/** What documents take that are in use. */
export interface Kept {
  /** Bytes of the JavaScript heap for each of a tenant's. */
  readonly bytes: number;
}

type Request = { documents: number } | { kept: number } | { drop: true };

const [contender, uri, prefix] = process.argv.slice(2) as [TenantContender, string, string];
/** The plain models' documents are not in the way of the bench's own. */
const HOME = `${prefix}_plain`;
const OPTIONS = { autoIndex: false, autoCreate: false, dbName: HOME };

async function main(): Promise<void> {
  const { modelOf, plain, close } = await openTenantModels(contender, uri, OPTIONS);
  const found = threadClock();
  const clock = 'clock' in found ? found.clock : undefined;
  const ofTenant = (index: number): AnyModel =>
    modelOf(`${prefix}_${Math.floor(index / MODELS) % TENANTS}`, index % MODELS);
  const ofNobody = (index: number): AnyModel => plain[index % MODELS]!;

  const store = async (count: number, from: (index: number) => AnyModel): Promise<number> => {
    let next = 0;
    const before = clock?.() ?? 0;
    const line = async (): Promise<void> => {
      while (next < count) {
        const index = next++;
        const model = from(index);
        const saved = await new model(newItem(index)).save();
        const again = await model.findById(saved._id);
        if (again?.sequence !== index) throw new Error('A document was not found again');
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, line));
    return ((clock?.() ?? 0) - before) / count;
  };

  const stored = async (count: number): Promise<Stored> => {
    // Each first in turn, so that neither finds the caches warmer.
    const [early, cpu] = [await store(count / 2, ofNobody), await store(count, ofTenant)];
    const baseline = (early + (await store(count / 2, ofNobody))) / 2;
    return clock ? { cpu, baseline } : {};
  };

  const kept = async (count: number): Promise<Kept> => {
    const keeper = (index: number): AnyModel => modelOf(`${prefix}_${index % KEEPERS}`, 0);
    // Models that are there before: what they take is measured by themselves.
    const models = Array.from({ length: KEEPERS }, (_, index) => keeper(index));
    const before = await heap();
    const documents: unknown[] = Array.from({ length: count }, (_, index) =>
      models[index % KEEPERS]!.hydrate(item(index))
    );
    const after = await heap();
    return { bytes: (after - before) / documents.length };
  };

  const drop = async (): Promise<object> => {
    const databases = [...Array.from({ length: TENANTS }, (_, n) => `${prefix}_${n}`), HOME];
    const connection = plain[0]!.db;
    for (const name of databases) await connection.useDb(name).dropDatabase();
    return {};
  };

  const answer = async (message: Request): Promise<object> => {
    if ('documents' in message) return await stored(message.documents);
    return 'kept' in message ? await kept(message.kept) : await drop();
  };
  process.on('message', (message: Request) => {
    void answer(message).then(result => process.send!(result));
  });
  process.once('disconnect', () => void close());
  await store(MODELS * TENANTS, ofTenant);
  await store(MODELS * TENANTS, ofNobody);
  process.send!({});
}

async function heap(): Promise<number> {
  for (let made = 0; made < COLLECTIONS; made++) {
    globalThis.gc?.();
    await delay(SETTLE_MS / COLLECTIONS);
  }
  return process.memoryUsage().heapUsed;
}

void main();
