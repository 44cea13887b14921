// Owns the suite of large writes: 10,000 new documents in one call, into an empty collection.
// Must not know the clients behind the contenders.

import { closeContenders, openContenders } from '../contenders/open';
import type { Contender } from '../contenders/contender';
import { DOCUMENTS, newItem } from '../documents';
import type { NewItem } from '../documents';
import { repeat } from '../repetition';
import type { Lane, Metric, Setting, Suite } from '../suite';

const CASE = 'insertMany 10,000 x 0.5 KB';

const COLLECTION = 'inserted';

const WARM_UPS = 2;

const METRICS: readonly Metric[] = [
  { name: 'wall', unit: 'ms', better: 'lower', figure: 'wall' },
  { name: 'main-thread CPU', unit: 'ms', better: 'lower', figure: 'cpu' }
];

export const insertManySuite: Suite = {
  name: 'insert-many',
  caseNames: [CASE],
  open: async setting => {
    const contenders = await openContenders(setting.uri, setting.database.name);
    const lanes = contenders.map(contender => insertManyLane(contender, setting));
    return {
      cases: [{ name: CASE, metrics: METRICS, lanes }],
      close: () => closeContenders(contenders)
    };
  }
};

function insertManyLane(contender: Contender, { database, seconds, clock }: Setting): Lane {
  const collection = contender.collection(COLLECTION);
  // Documents are made anew each time: clients write an `_id` into those they insert.
  const prepare = async (): Promise<NewItem[]> => {
    await database.empty(COLLECTION);
    return Array.from({ length: DOCUMENTS }, (_, sequence) => newItem(sequence));
  };
  const operation = async (items: NewItem[]): Promise<void> => {
    const inserted = await collection.insertMany(items);
    if (inserted !== DOCUMENTS) {
      throw new Error(`${contender.name} inserted ${inserted} of ${DOCUMENTS} documents`);
    }
  };
  return {
    contender: contender.name,
    warmUp: async () => {
      for (let made = 0; made < WARM_UPS; made++) await operation(await prepare());
    },
    leadIn: async () => operation(await prepare()),
    round: () => repeat({ prepare, operation, seconds, clock })
  };
}
