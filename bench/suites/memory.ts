// Owns the suite of what idle handles cost: resident memory per 1,000, each having been used once.
// Must not know what a handle is.
//
// Databases are counted in full. Of clients fewer are made, and multiplied: a thousand drivers'
// clients are three thousand connections, which is more than a small server takes.

import { join } from 'node:path';
import { Child } from '../child';
import type { Made } from '../handles/holder';
import { CLIENTS, DATABASES } from '../handles/kinds';
import type { Contender, Kind } from '../handles/kinds';
import type { Case, Lane, Metric, Setting, Suite } from '../suite';

const PER = 1_000;
const BYTES_PER_MEGABYTE = 1_000_000;

/** How many are made, by kind, and in a run that measures nothing. */
const COUNTS: Readonly<Record<Kind, number>> = { databases: 1_000, clients: 50 };
const QUICK_COUNT = 10;

/** Turns that are enough: each is a process of its own, and memory varies less than time. */
const MOST_ROUNDS = 3;

const METRICS: readonly Metric[] = [
  { name: 'memory grown by', unit: 'MB/1,000', better: 'lower', figure: 'megabytes' },
  { name: 'time to first read', unit: 'us', better: 'lower', figure: 'each' }
];

const CONNECTIONS: Metric = {
  name: 'connections',
  unit: 'per client',
  better: 'lower',
  figure: 'connections'
};

const NAMES: Readonly<Record<Kind, string>> = {
  databases: '1,000 idle databases of one client',
  clients: '1,000 idle clients of one server'
};

export const memorySuite: Suite = {
  name: 'memory',
  caseNames: Object.values(NAMES),
  open: setting =>
    Promise.resolve({
      cases: [
        handlesCase('databases', DATABASES, setting),
        handlesCase('clients', CLIENTS, setting)
      ],
      close: async () => {}
    })
};

function handlesCase(kind: Kind, contenders: readonly Contender[], setting: Setting): Case {
  const count = setting.quick ? QUICK_COUNT : COUNTS[kind];
  return {
    name: NAMES[kind],
    // Through one client, databases share its connections.
    metrics: kind === 'clients' ? [...METRICS, CONNECTIONS] : METRICS,
    lanes: contenders.map(contender => handlesLane(kind, contender, count, setting)),
    mostRounds: MOST_ROUNDS
  };
}

function handlesLane(
  kind: Kind,
  contender: Contender,
  count: number,
  { database, uri: given }: Setting
): Lane {
  const uri = new URL(given);
  return {
    contender,
    round: async () => {
      // A name by which the server tells the connections of this process.
      const appName = `bench-${kind}-${performance.now()}`;
      uri.searchParams.set('appName', appName);
      const child = Child.start(join('handles', 'holder.ts'), [kind, contender, uri.href]);
      try {
        await child.answer();
        // The first lot warms up: it compiles code and lets heaps grow to what the second lot uses.
        await child.ask<Made>({ count });
        const { grown, each } = await child.ask<Made>({ count });
        return {
          megabytes: (grown / BYTES_PER_MEGABYTE) * (PER / count),
          each,
          connections: (await database.connections(appName)) / (2 * count)
        };
      } finally {
        await child.stop();
      }
    }
  };
}
