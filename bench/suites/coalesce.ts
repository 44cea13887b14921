// Owns the suite of single reads that polypool may submit together (`coalesce: true`): 256 in flight.
// Must not know how reads are joined.

import { MongoClient } from 'mongodb';
import { PolyPool } from 'polypool';
import { closeContenders } from '../contenders/open';
import type { Contender } from '../contenders/contender';
import { openDriver } from '../contenders/driver';
import type { Setting, Suite } from '../suite';
import { findOneCase } from './find-one';

const IN_FLIGHT = 256;
const CASE = `findOne by _id with coalesce, ${IN_FLIGHT} in flight`;

/** Turns that are enough where the difference is large. */
const MOST_ROUNDS = 5;

export const coalesceSuite: Suite = {
  name: 'coalesce',
  caseNames: [CASE],
  open: async setting => {
    const reason = obstacle(setting);
    if (reason !== undefined) {
      return { cases: [], skips: [{ name: CASE, reason }], close: async () => {} };
    }
    await setting.database.fill();
    const contenders: Contender[] = [];
    try {
      for (const [name, client] of clients(setting)) {
        contenders.push(await openDriver(name, client, setting.database.name));
      }
    } catch (error) {
      await closeContenders(contenders);
      throw error;
    }
    return {
      cases: [{ ...findOneCase(CASE, contenders, IN_FLIGHT, setting), mostRounds: MOST_ROUNDS }],
      close: () => closeContenders(contenders)
    };
  }
};

function clients({ uri }: Setting): (readonly [string, MongoClient])[] {
  return [
    ['polypool', coalescing(uri)],
    ['polypool without coalesce', new PolyPool(uri)],
    ['mongodb', new MongoClient(uri)]
  ];
}

function coalescing(uri: string): PolyPool {
  const options: object = { coalesce: true };
  return new PolyPool(uri, options);
}

/** A build without the option refuses it, as any option that it does not know. */
function obstacle({ uri }: Setting): string | undefined {
  try {
    void coalescing(uri).close();
    return undefined;
  } catch (error) {
    return `this polypool does not coalesce: ${(error as Error).message}`;
  }
}
