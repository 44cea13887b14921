// Owns the suite of large reads: all 10,000 documents to objects.
// Must not know the clients behind the contenders.

import { closeContenders, openContenders } from '../contenders/open';
import type { Contender } from '../contenders/contender';
import { ITEMS } from '../database';
import { DOCUMENTS } from '../documents';
import { repeat } from '../repetition';
import type { Lane, Metric, Setting, Suite } from '../suite';

const CASE = 'find 10,000 x 0.5 KB, toArray';

/** Reads before the first counted one. */
const WARM_UPS = 3;

const METRICS: readonly Metric[] = [
  { name: 'wall', unit: 'ms', better: 'lower', figure: 'wall' },
  { name: 'main-thread CPU', unit: 'ms', better: 'lower', figure: 'cpu' }
];

export const findManySuite: Suite = {
  name: 'find-many',
  caseNames: [CASE],
  open: async setting => {
    await setting.database.fill();
    const contenders = await openContenders(setting.uri, setting.database.name);
    const lanes = contenders.map(contender => findManyLane(contender, setting));
    return {
      cases: [{ name: CASE, metrics: METRICS, lanes }],
      close: () => closeContenders(contenders)
    };
  }
};

function findManyLane(contender: Contender, { seconds, clock }: Setting): Lane {
  const collection = contender.collection(ITEMS);
  const operation = async (): Promise<void> => {
    const found = await collection.findAll();
    // Three places tell a lost, repeated or reordered batch; checking all would be work of its own.
    for (const place of [0, DOCUMENTS >> 1, DOCUMENTS - 1]) {
      if (found.length !== DOCUMENTS || found[place]?.sequence !== place) {
        throw new Error(`${contender.name} found ${found.length} documents, or not in order`);
      }
    }
  };
  return {
    contender: contender.name,
    warmUp: async () => {
      for (let made = 0; made < WARM_UPS; made++) await operation();
    },
    leadIn: operation,
    round: () => repeat({ prepare: () => undefined, operation, seconds, clock })
  };
}
