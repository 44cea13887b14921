// Owns what is compared of the setters of find's cursor, and of explaining. What cursors do once they
// run is cursor.ts's.

import type { FindCursor } from 'mongodb';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { seed } from './seed.ts';

type Cursor = FindCursor;

/** Cursors over the seven fruits, each set up by a call and read to the end. */
function setUp(...make: Array<(cursor: Cursor, on: Context) => unknown>): Scenario {
  return async on => {
    await seed(on.collection);
    return await on.all(
      ...make.map(run => async () => {
        const cursor = run(on.collection.find({}), on);
        return await (cursor as Cursor).toArray();
      })
    );
  };
}

/** Setters are refused once the cursor has started. */
function late(run: (cursor: Cursor) => unknown): Scenario {
  return async on => {
    await seed(on.collection);
    const cursor = on.collection.find({}, { batchSize: 2 });
    await cursor.next();
    const outcome = await on.settled(() => void run(cursor));
    await cursor.close();
    return outcome;
  };
}

const nonsense: any = 'nonsense';

const setters: Scenarios = {
  'FindCursor.filter': {
    'replaces the filter': setUp(
      cursor => cursor.filter({ n: 3 }),
      cursor => cursor.filter({ n: 3 }).filter({ n: 5 }),
      cursor => cursor.filter(nonsense)
    ),
    'is refused late': late(cursor => cursor.filter({}))
  },
  'FindCursor.hint': {
    'goes to the server': setUp(
      cursor => cursor.hint('n_1'),
      cursor => cursor.hint({ n: 1 }),
      cursor => cursor.hint(nonsense)
    ),
    'is refused late': late(cursor => cursor.hint('n_1'))
  },
  'FindCursor.min': {
    'goes to the server': setUp(cursor => cursor.hint('n_1').min({ n: 4 })),
    'is refused late': late(cursor => cursor.min({ n: 1 }))
  },
  'FindCursor.max': {
    'goes to the server': setUp(cursor => cursor.hint('n_1').max({ n: 4 })),
    'is refused late': late(cursor => cursor.max({ n: 1 }))
  },
  'FindCursor.returnKey': {
    'goes to the server': setUp(cursor => cursor.hint('n_1').returnKey(true)),
    'is refused late': late(cursor => cursor.returnKey(true))
  },
  'FindCursor.showRecordId': {
    'goes to the server': setUp(cursor => cursor.showRecordId(true)),
    'is refused late': late(cursor => cursor.showRecordId(true))
  },
  'FindCursor.addQueryModifier': {
    'sets options by their old names': setUp(
      cursor => cursor.addQueryModifier('$comment', 'why'),
      cursor => cursor.addQueryModifier('$hint', 'n_1'),
      cursor => cursor.addQueryModifier('$hint', 'n_1').addQueryModifier('$max', { n: 4 }),
      cursor => cursor.addQueryModifier('$hint', 'n_1').addQueryModifier('$min', { n: 4 }),
      cursor => cursor.addQueryModifier('$maxTimeMS', 5_000),
      cursor => cursor.addQueryModifier('$orderby', { n: -1, _id: 1 }),
      cursor => cursor.addQueryModifier('$query', { n: 3 }),
      cursor => cursor.addQueryModifier('$returnKey', true),
      cursor => cursor.addQueryModifier('$showDiskLoc', true),
      cursor => cursor.addQueryModifier('$nonsense', true),
      cursor => cursor.addQueryModifier('comment', true)
    ),
    'is refused late': late(cursor => cursor.addQueryModifier('$comment', 'why'))
  },
  'FindCursor.comment': {
    'goes to the server, with later batches too': setUp(cursor =>
      cursor.comment('why').batchSize(3)
    ),
    'is refused late': late(cursor => cursor.comment('why'))
  },
  'FindCursor.maxAwaitTimeMS': {
    'must be a number': setUp(
      cursor => cursor.maxAwaitTimeMS(10),
      cursor => cursor.maxAwaitTimeMS(nonsense)
    ),
    'is refused late': late(cursor => cursor.maxAwaitTimeMS(1))
  },
  'FindCursor.project': {
    'goes to the server': setUp(
      cursor => cursor.project({ n: 1 }),
      cursor => cursor.project({ n: 1 }).project({ name: 1, _id: 0 }),
      cursor => cursor.project({ a: 1, b: 0 })
    ),
    'is refused late': late(cursor => cursor.project({ n: 1 }))
  },
  'FindCursor.sort': {
    'takes every form': setUp(
      cursor => cursor.sort({ n: -1, _id: 1 }),
      cursor => cursor.sort('n'),
      cursor => cursor.sort('n', -1),
      cursor => cursor.sort('n', 'desc'),
      cursor =>
        cursor.sort([
          ['n', 1],
          ['_id', -1]
        ] as any),
      cursor => cursor.sort(['n', 'name']),
      cursor => cursor.sort(new Map([['n', -1]]) as any),
      cursor => cursor.sort({}),
      cursor => cursor.sort(null as any),
      cursor => cursor.sort(5 as any),
      cursor => cursor.sort({ n: 'sideways' as any }),
      cursor => cursor.sort('n', 'sideways' as any)
    ),
    'is refused late': late(cursor => cursor.sort({ n: 1 }))
  },
  'FindCursor.allowDiskUse': {
    'needs a sort': setUp(
      cursor => cursor.sort({ n: 1 }).allowDiskUse(),
      cursor => cursor.sort({ n: 1 }).allowDiskUse(false),
      cursor => cursor.allowDiskUse()
    ),
    'is refused late': late(cursor => cursor.allowDiskUse())
  },
  'FindCursor.collation': {
    'goes to the server': setUp(
      cursor => cursor.filter({ name: 'BANANA' }).collation({ locale: 'en', strength: 1 }),
      cursor => cursor.sort({ name: 1 }).collation({ locale: 'fr' }),
      cursor => cursor.collation({ locale: nonsense })
    ),
    'is refused late': late(cursor => cursor.collation({ locale: 'en' }))
  },
  'FindCursor.limit': {
    'goes to the server': setUp(
      cursor => cursor.limit(2),
      cursor => cursor.limit(0),
      cursor => cursor.limit(-3),
      cursor => cursor.limit(5).batchSize(2),
      cursor => cursor.limit(2).batchSize(2),
      cursor => cursor.limit(nonsense)
    ),
    'is refused late': late(cursor => cursor.limit(1))
  },
  'FindCursor.skip': {
    'goes to the server': setUp(
      cursor => cursor.skip(5),
      cursor => cursor.skip(5).limit(1),
      cursor => cursor.skip(-1),
      cursor => cursor.skip(nonsense)
    ),
    'is refused late': late(cursor => cursor.skip(1))
  }
};

/** Of an explanation: what the caller may rely on, without timings and addresses. */
async function plan(explaining: Promise<any>): Promise<unknown> {
  const { queryPlanner, executionStats } = await explaining;
  const { winningPlan, parsedQuery } = queryPlanner;
  const stats = executionStats && {
    returned: executionStats.nReturned as unknown,
    all: 'allPlansExecution' in executionStats
  };
  return { winningPlan, parsedQuery, stats };
}

const explaining: Scenarios = {
  'ExplainableCursor.explain': {
    'takes every verbosity': async on => {
      await seed(on.collection);
      const cursor = () => on.collection.find({ n: 3 }, { limit: 5 }).sort({ name: 1 });
      return await on.all(
        () => plan(cursor().explain()),
        () => plan(cursor().explain(true)),
        () => plan(cursor().explain(false)),
        () => plan(cursor().explain('queryPlanner')),
        () => plan(cursor().explain('executionStats')),
        () => plan(cursor().explain({ verbosity: 'queryPlanner', maxTimeMS: 1_000 })),
        () => plan(cursor().explain({ timeoutMS: 0 } as any)),
        () => plan(cursor().explain(nonsense)),
        () => plan(on.collection.find({ $nonsense: 1 }).explain()),
        () => plan(on.collection.find({}, { explain: 'queryPlanner' }).next())
      );
    },
    'does not start the cursor': async on => {
      await seed(on.collection);
      const cursor = on.collection.find({ n: 3 });
      await cursor.explain();
      return { id: cursor.id, all: await cursor.limit(1).toArray() };
    }
  }
};

export const FIND_CURSORS: Scenarios = { ...setters, ...explaining };
