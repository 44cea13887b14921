// Owns the suite of large reads that end as JSON: all 10,000 documents.
// Must not know how contenders make it.

import { isDeepStrictEqual } from 'node:util';
import { JSON_CONTENDERS, jsonObstacle, openJSONContender } from '../contenders/json-contenders';
import type { JSONContender } from '../contenders/json-contenders';
import { ITEMS } from '../database';
import { DOCUMENTS } from '../documents';
import { repeat } from '../repetition';
import type { Lane, Metric, Setting, Suite } from '../suite';

const CASE = 'find 10,000 x 0.5 KB to JSON';

/** Turns that are enough among so many contenders. */
const MOST_ROUNDS = 5;

/** Reads before the first counted one. */
const WARM_UPS = 3;

const METRICS: readonly Metric[] = [
  { name: 'wall', unit: 'ms', better: 'lower', figure: 'wall' },
  { name: 'main-thread CPU', unit: 'ms', better: 'lower', figure: 'cpu' }
];

export const findJSONSuite: Suite = {
  name: 'find-json',
  caseNames: [CASE],
  open: async setting => {
    await setting.database.fill();
    const obstacle = await jsonObstacle(setting.uri);
    if (obstacle !== undefined) {
      return { cases: [], skips: [{ name: CASE, reason: obstacle }], close: async () => {} };
    }
    const contenders: JSONContender[] = [];
    const close = async (): Promise<void> => {
      await Promise.all(contenders.map(contender => contender.close()));
    };
    try {
      for (const name of JSON_CONTENDERS) {
        contenders.push(await openJSONContender(name, setting.uri, setting.database.name, ITEMS));
      }
      const expected = await expectedJSON(setting);
      const lanes = contenders.map(contender => jsonLane(contender, expected, setting));
      return { cases: [{ name: CASE, metrics: METRICS, lanes, mostRounds: MOST_ROUNDS }], close };
    } catch (error) {
      await close();
      throw error;
    }
  }
};

/** What the driver's documents are as JSON: all contenders must write the same. */
async function expectedJSON({ database }: Setting): Promise<string> {
  return JSON.stringify(await database.db.collection(ITEMS).find({}).toArray());
}

function jsonLane({ name, reader }: JSONContender, expected: string, setting: Setting): Lane {
  const { seconds, clock } = setting;
  const bytes = Buffer.byteLength(expected);
  const operation = async (): Promise<void> => {
    const json = await reader.find(DOCUMENTS);
    // Of texts only the characters are counted: to count bytes would be work of its own.
    const length = typeof json === 'string' ? expected.length : bytes;
    if (json.length !== length) throw new Error(`${name} wrote ${json.length} of ${length}`);
  };
  return {
    contender: name,
    warmUp: async () => {
      const json = await reader.find(DOCUMENTS);
      // Equal but for the order of keys: Mongoose has its own.
      if (!isDeepStrictEqual(JSON.parse(json.toString()), JSON.parse(expected))) {
        throw new Error(`${name} wrote other JSON than the driver`);
      }
      for (let made = 1; made < WARM_UPS; made++) await operation();
    },
    leadIn: operation,
    round: () => repeat({ prepare: () => undefined, operation, seconds, clock })
  };
}
