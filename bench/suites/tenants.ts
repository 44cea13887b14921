// Owns the suite of what tenants cost where each has models of its own: 10,000 tenants with 20 models each,
// every model used once for a read and a write; and what documents cost that are saved and found by such models.
// Must not know how a contender gives a tenant its models.
//
// Views are counted in full. Of Mongoose's compiled models fewer are made, and multiplied: they are kept for
// good, and 10,000 tenants' would take gigabytes.

import { join } from 'node:path';
import { Child } from '../child';
import { median } from '../statistics';
import type { Lane, Metric, Setting, Suite } from '../suite';
import type { Kept, Stored } from '../tenants/documents';
import type { Memory, Rest, Used } from '../tenants/holder';
import type { TenantContender } from '../tenants/models';

const CASE = '10,000 tenants with 20 models, each used once';
const DOCUMENTS_CASE = 'documents of 10 tenants with 20 models each, saved and found again';
const TENANTS = 10_000;
const BYTES_PER_MEGABYTE = 1_000_000;

/** Tenants that are used, by contender, and in a run that measures nothing. */
const COUNTS: Readonly<Record<TenantContender, number>> = { polypool: TENANTS, mongoose: 200 };
const QUICK_COUNT = 20;
/** Tenants at a time: an answer takes seconds. */
const LOT = 500;
const WARM_UP_TENANTS = 50;
/** Heartbeats, two a second, before the tenants and after them. */
const BEATS = 10;
const QUICK_BEATS = 2;

/** Turns that are enough: each uses hundreds of thousands of models. */
const MOST_ROUNDS = 2;

/** Documents that are saved and found at a time, and how often. */
const STORED = 400;
const STORED_LOTS = 6;
/** Documents that are in use at a time. */
const KEPT = 10_000;
const QUICK_DOCUMENTS = 40;

const DOCUMENT_METRICS: readonly Metric[] = [
  { name: 'main-thread CPU added', unit: 'us/document', better: 'lower', figure: 'added' },
  { name: 'main-thread CPU', unit: 'us/document', better: 'lower', figure: 'cpu' },
  { name: 'heap of a document in use', unit: 'bytes', better: 'lower', figure: 'bytes' }
];

const METRICS: readonly Metric[] = [
  { name: 'memory grown by', unit: 'MB', better: 'lower', figure: 'megabytes' },
  { name: 'main-thread CPU added', unit: 'us/model', better: 'lower', figure: 'added' },
  { name: 'main-thread CPU', unit: 'us/model', better: 'lower', figure: 'cpu' },
  { name: 'idle before, main-thread CPU', unit: 'us/heartbeat', better: 'lower', figure: 'early' },
  { name: 'idle after, main-thread CPU', unit: 'us/heartbeat', better: 'lower', figure: 'late' }
];

export const tenantsSuite: Suite = {
  name: 'tenants',
  caseNames: [CASE, DOCUMENTS_CASE],
  open: setting => {
    const contenders = Object.keys(COUNTS) as TenantContender[];
    const lanes = contenders.map(contender => tenantsLane(contender, setting));
    const cases = [
      { name: CASE, metrics: METRICS, lanes, mostRounds: MOST_ROUNDS },
      {
        name: DOCUMENTS_CASE,
        metrics: DOCUMENT_METRICS,
        lanes: contenders.map(contender => documentsLane(contender, setting)),
        mostRounds: MOST_ROUNDS
      }
    ];
    return Promise.resolve({ cases, close: async () => {} });
  }
};

function tenantsLane(contender: TenantContender, { uri, quick }: Setting): Lane {
  const count = quick ? QUICK_COUNT : COUNTS[contender];
  return {
    contender,
    round: async () => {
      const child = Child.start(join('tenants', 'holder.ts'), [contender, uri]);
      try {
        await child.answer();
        const beats = quick ? QUICK_BEATS : BEATS;
        const { resident } = await child.ask<Memory>({ memory: true });
        // What running the code for the first time takes is part of what grows, and not of the time.
        await child.ask<Used>({ tenants: WARM_UP_TENANTS });
        await child.ask<Memory>({ memory: true });
        const early = await child.ask<Rest>({ beats });
        const used: Used[] = [];
        for (let done = 0; done < count; done += LOT) {
          used.push(await child.ask<Used>({ tenants: Math.min(LOT, count - done) }));
        }
        const after = await child.ask<Memory>({ memory: true });
        const late = await child.ask<Rest>({ beats });
        const figures = { ...cpuOf(used), ...beatsOf(early, late) };
        const grown = (after.resident - resident) / BYTES_PER_MEGABYTE;
        const scale = TENANTS / (WARM_UP_TENANTS + count);
        return { megabytes: contender === 'mongoose' ? grown * scale : grown, ...figures };
      } finally {
        await child.stop();
      }
    }
  };
}

function documentsLane(contender: TenantContender, { uri, quick, database }: Setting): Lane {
  return {
    contender,
    round: async () => {
      const prefix = `${database.name}_tenant`;
      const child = Child.start(join('tenants', 'documents.ts'), [contender, uri, prefix]);
      try {
        await child.answer();
        const stored: Stored[] = [];
        for (let lot = 0; lot < (quick ? 1 : STORED_LOTS); lot++) {
          stored.push(await child.ask<Stored>({ documents: quick ? QUICK_DOCUMENTS : STORED }));
        }
        const kept = await child.ask<Kept>({ kept: quick ? QUICK_DOCUMENTS : KEPT });
        return { ...cpuOf(stored), bytes: kept.bytes };
      } finally {
        await child.ask({ drop: true });
        await child.stop();
      }
    }
  };
}

/** The medians of the lots, where there is a clock. */
function cpuOf(used: readonly Stored[]): Record<string, number> {
  const cpu = used.flatMap(lot => lot.cpu ?? []);
  if (cpu.length === 0) return {};
  const added = used.flatMap(lot => (lot.cpu === undefined ? [] : lot.cpu - lot.baseline!));
  return { cpu: median(cpu), added: median(added) };
}

/** What a heartbeat costs before the tenants and with them, where there is a clock. */
function beatsOf(early: Rest, late: Rest): Record<string, number> {
  if (early.cpu === undefined || late.cpu === undefined) return {};
  return { early: early.cpu, late: late.cpu };
}
