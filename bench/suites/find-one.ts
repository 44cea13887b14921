// Owns the suite of single reads by `_id`: 1, 16 and 64 in flight.
// Must not know the clients behind the contenders.

import { closeContenders, openContenders } from '../contenders/open';
import type { Contender } from '../contenders/contender';
import { ITEMS } from '../database';
import { DOCUMENTS, itemId } from '../documents';
import { fly } from '../flight';
import type { Case, Lane, Metric, Setting, Suite } from '../suite';

const IN_FLIGHT = [1, 16, 64];

/** Walks all documents in an order that is no scan: coprime to `DOCUMENTS`. */
const STRIDE = 7_919;

const IDS = Array.from({ length: DOCUMENTS }, (_, sequence) => itemId(sequence));

/** Enough that a driver compiles its hot path and opens all the connections it will want. */
const WARM_UP_PER_LANE = 2_000;
const WARM_UP_SECONDS = 0.25;

/** Operations a line makes at least: the first of each all start at once. */
const WAVES = 2;

/** How much of a round's length its lead-in takes. */
const LEAD_IN = 0.5;

const METRICS: readonly Metric[] = [
  { name: 'throughput', unit: 'ops/s', better: 'higher', figure: 'throughput' },
  { name: 'main-thread CPU', unit: 'us/op', better: 'lower', figure: 'cpu' },
  { name: 'p50 latency', unit: 'us', better: 'lower', figure: 'p50' },
  { name: 'p99 latency', unit: 'us', better: 'lower', figure: 'p99' }
];

export const findOneSuite: Suite = {
  name: 'find-one',
  caseNames: IN_FLIGHT.map(caseName),
  open: async setting => {
    await setting.database.fill();
    const contenders = await openContenders(setting.uri, setting.database.name);
    return {
      cases: IN_FLIGHT.map(inFlight =>
        findOneCase(caseName(inFlight), contenders, inFlight, setting)
      ),
      close: () => closeContenders(contenders)
    };
  }
};

function caseName(inFlight: number): string {
  return `findOne by _id, ${inFlight} in flight`;
}

/** Reads by `_id`, so many in flight, of documents that differ. */
export function findOneCase(
  name: string,
  contenders: readonly Contender[],
  inFlight: number,
  setting: Setting
): Case {
  return {
    name,
    metrics: METRICS,
    lanes: contenders.map(contender => findOneLane(contender, inFlight, setting))
  };
}

function findOneLane(contender: Contender, inFlight: number, setting: Setting): Lane {
  const { seconds, clock } = setting;
  const collection = contender.collection(ITEMS);
  const operation = async (index: number): Promise<void> => {
    const sequence = (index * STRIDE) % DOCUMENTS;
    const found = await collection.findOne(IDS[sequence]!);
    if (found?.sequence !== sequence) {
      throw new Error(`${contender.name} answered ${found?.sequence} for document ${sequence}`);
    }
  };
  return {
    contender: contender.name,
    warmUp: async () => {
      await fly({
        operation,
        inFlight,
        seconds: WARM_UP_SECONDS,
        atLeast: WARM_UP_PER_LANE,
        clock: undefined
      });
    },
    leadIn: async () => {
      await fly({ operation, inFlight, seconds: seconds * LEAD_IN, clock: undefined });
    },
    round: () => fly({ operation, inFlight, seconds, atLeast: inFlight * WAVES, clock })
  };
}
