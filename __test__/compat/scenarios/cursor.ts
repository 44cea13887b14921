// Owns what is compared of cursors while and after they run: reading, ending, starting again. What
// queries mean is find.ts's.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import type { AbstractCursor, FindCursor } from 'mongodb';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { seed, seedNumbers } from './seed.ts';

type Cursor = FindCursor;

/** A scenario on seven numbered documents, and a cursor of two a batch over them. */
function reading(run: (cursor: Cursor, on: Context) => unknown, batchSize = 2): Scenario {
  return async on => {
    await seedNumbers(on.collection, 7);
    const cursor = on.collection.find({}, { batchSize }).sort({ _id: 1 });
    try {
      return await run(cursor, on);
    } finally {
      await cursor.close();
    }
  };
}

/** What a cursor says of itself; not its id, which is each client's own. */
function state(cursor: AbstractCursor): object {
  const { closed, killed, id } = cursor;
  const open = id === undefined ? 'not yet' : !id.isZero();
  return { closed, killed, open, buffered: cursor.bufferedCount() };
}

const reads: Scenarios = {
  'AbstractCursor.next': {
    'gives one after the other, then null': reading(async cursor => {
      const seen: unknown[] = [state(cursor)];
      for (let i = 0; i < 9; i++) seen.push(await cursor.next(), state(cursor));
      return seen;
    }),
    'gives null at once when nothing matches': on => on.collection.find({ a: 1 }).next(),
    'is refused after close': reading(async (cursor, on) => {
      await cursor.next();
      await cursor.close();
      return await on.all(
        () => cursor.next(),
        () => cursor.tryNext(),
        () => cursor.hasNext(),
        () => cursor.toArray(),
        () => state(cursor)
      );
    }),
    'gives nothing after close before the start': reading(async (cursor, on) => {
      await cursor.close();
      return await on.all(
        () => cursor.next(),
        () => cursor.hasNext(),
        () => cursor.toArray(),
        () => state(cursor)
      );
    }),
    'gives the error of its command, and then nothing': async on => {
      const cursor = on.collection.find({ $nonsense: 1 });
      return await on.all(
        () => cursor.next(),
        () => cursor.next(),
        () => cursor.toArray(),
        () => state(cursor)
      );
    },
    'tells when the server has killed the cursor': reading(async (cursor, on) => {
      await cursor.next();
      const { id } = cursor;
      const { collectionName: killCursors } = on.collection;
      const all = await on.client
        .db('admin')
        .aggregate([
          { $currentOp: { idleCursors: true, localOps: true } },
          { $match: { ns: on.collection.namespace } }
        ])
        .toArray();
      const cursors = all.map(one => one.cursor.cursorId as unknown);
      await on.db.command({ killCursors, cursors });
      return await on.all(
        () => id?.isZero(),
        () => cursor.next(),
        () => cursor.next(),
        () => cursor.next(),
        () => state(cursor)
      );
    })
  },
  'AbstractCursor.tryNext': {
    'gives one after the other, then null': reading(async cursor => {
      const seen: unknown[] = [];
      for (let i = 0; i < 9; i++) seen.push(await cursor.tryNext(), state(cursor));
      return seen;
    })
  },
  'AbstractCursor.hasNext': {
    'looks without taking': reading(async cursor => {
      const seen: unknown[] = [];
      for (let i = 0; i < 9; i++) {
        seen.push(
          await cursor.hasNext(),
          await cursor.hasNext(),
          state(cursor),
          await cursor.next()
        );
      }
      return seen;
    }),
    'is false at once when nothing matches': on => on.collection.find({ a: 1 }).hasNext()
  },
  'AbstractCursor.toArray': {
    'gives what is left': reading(async (cursor, on) => {
      await cursor.next();
      return await on.all(
        () => cursor.toArray(),
        () => cursor.toArray(),
        () => cursor.next(),
        () => state(cursor)
      );
    }),
    'gives what transforms make of it': reading(cursor =>
      cursor.map(one => ({ twice: one._id * 2 })).toArray()
    )
  },
  'AbstractCursor.forEach': {
    'stops at false only': reading(async (cursor, on) => {
      const seen: unknown[] = [];
      await cursor.forEach(one => {
        seen.push(one);
        return one._id < 4;
      });
      return await on.all(
        () => seen,
        () => state(cursor),
        () => cursor.next(),
        () => cursor.clone().forEach(() => undefined),
        () => cursor.clone().forEach(5 as any),
        () => cursor.clone().forEach(undefined as any)
      );
    }),
    'passes on what its callback throws, and closes': reading(async (cursor, on) => {
      const failing = () =>
        cursor.forEach(() => {
          throw new RangeError('mine');
        });
      return await on.all(failing, () => state(cursor));
    })
  },
  'AbstractCursor.[Symbol.asyncIterator]': {
    'gives all, and closes': reading(async cursor => {
      const seen: unknown[] = [];
      for await (const one of cursor) seen.push(one);
      return { seen, state: state(cursor) };
    }),
    'closes when left early': reading(async (cursor, on) => {
      for await (const one of cursor) if (one._id === 2) break;
      return await on.all(
        () => state(cursor),
        () => cursor.next()
      );
    }),
    'passes on what its body throws, and closes': reading(async (cursor, on) => {
      const failing = async () => {
        for await (const one of cursor) throw new RangeError(`mine at ${one._id}`);
      };
      return await on.all(failing, () => state(cursor));
    }),
    'gives the error of its command': async on => {
      for await (const one of on.collection.find({ $nonsense: 1 })) return one as unknown;
      return 'nothing';
    },
    'can be iterated once': reading(async cursor => {
      const seen: unknown[] = [];
      for await (const one of cursor) seen.push(one);
      for await (const one of cursor) seen.push(one);
      return seen;
    }),
    'goes through cursor[Symbol.asyncIterator]()': reading(async cursor => {
      const iterator = cursor[Symbol.asyncIterator]();
      const first = await iterator.next();
      const returned = await iterator.return();
      return { first, returned, state: state(cursor) };
    })
  },
  'AbstractCursor.stream': {
    'gives all, then ends': reading(async cursor => {
      const seen: unknown[] = [];
      for await (const one of cursor.stream()) seen.push(one);
      return { seen, state: state(cursor) };
    }),
    'closes the cursor when destroyed': reading(async cursor => {
      const stream = cursor.stream();
      const closed = new Promise(resolve => stream.once('close', resolve));
      for await (const one of stream) if (one._id === 2) break;
      await closed;
      return state(cursor);
    }),
    'fails as its command does': async on => {
      for await (const one of on.collection.find({ $nonsense: 1 }).stream()) return one as unknown;
      return 'nothing';
    },
    'ends when the cursor is closed under it': reading(async cursor => {
      const seen: unknown[] = [];
      for await (const one of cursor.stream()) {
        seen.push(one);
        await cursor.close();
      }
      return { first: seen[0], state: state(cursor) };
    })
  }
};

const lives: Scenarios = {
  'AbstractCursor.close': {
    'ends it, more than once, and says so': reading(async cursor => {
      let events = 0;
      cursor.on('close', () => events++);
      await cursor.next();
      await Promise.all([cursor.close(), cursor.close()]);
      await cursor.close({ timeoutMS: 5 });
      return { events, state: state(cursor) };
    }),
    'says so when all is read': reading(async cursor => {
      const events: unknown[] = [];
      cursor.on('close', () => events.push(state(cursor)));
      await cursor.toArray();
      return events;
    }),
    'leaves documents that have arrived': reading(async cursor => {
      await cursor.next();
      await cursor.close();
      return { left: cursor.readBufferedDocuments(), state: state(cursor) };
    })
  },
  'AbstractCursor.[Symbol.asyncDispose]': {
    'closes it': reading(async cursor => {
      await cursor.next();
      await cursor[Symbol.asyncDispose]();
      return state(cursor);
    })
  },
  'AbstractCursor.closed': {
    'is true once nothing is left': reading(async cursor => {
      const before = cursor.closed;
      await cursor.toArray();
      return { before, after: cursor.closed };
    })
  },
  'AbstractCursor.killed': {
    'is true once the server was told': reading(async cursor => {
      await cursor.next();
      const before = cursor.killed;
      await cursor.close();
      return { before, after: cursor.killed };
    })
  },
  'AbstractCursor.id': {
    'is a Long, zero once the server has no cursor': reading(async cursor => {
      const before = cursor.id;
      await cursor.next();
      const during = cursor.id;
      await cursor.toArray();
      return { before, during: [during?._bsontype, during?.isZero()], after: cursor.id };
    })
  },
  'AbstractCursor.bufferedCount': {
    'counts what has arrived': reading(async cursor => {
      const before = cursor.bufferedCount();
      await cursor.next();
      return [before, cursor.bufferedCount()];
    }, 5)
  },
  'AbstractCursor.readBufferedDocuments': {
    'takes what has arrived': reading(async cursor => {
      await cursor.next();
      const some = cursor.readBufferedDocuments(2);
      const rest = cursor.readBufferedDocuments();
      return { some, rest, none: cursor.readBufferedDocuments(), next: await cursor.next() };
    }, 5)
  },
  'AbstractCursor.rewind': {
    'starts again': reading(async cursor => {
      const first = await cursor.next();
      cursor.rewind();
      const before = state(cursor);
      const all = await cursor.toArray();
      cursor.rewind();
      return { first, before, all, again: await cursor.toArray() };
    }, 10),
    'lets setters work again': reading(async cursor => {
      await cursor.toArray();
      cursor.rewind();
      return await cursor.limit(2).toArray();
    })
  },
  'AbstractCursor.map': {
    'composes transforms': reading(async (cursor, on) => {
      const mapped = cursor.map(one => one._id as number).map(n => `#${n}`);
      return await on.all(
        () => mapped.next(),
        () => mapped.hasNext(),
        () => mapped.tryNext(),
        () => mapped.readBufferedDocuments(),
        () => mapped.map(text => text),
        () => mapped.toArray()
      );
    }),
    'is refused null, and lets other empty values through': reading(async (cursor, on) => {
      const values = [undefined, 0, '', false, null];
      return await on.all(
        ...values.map(
          value => () =>
            cursor
              .clone()
              .map(() => value)
              .next()
        ),
        ...values.map(
          value => () =>
            cursor
              .clone()
              .map(() => value)
              .toArray()
        )
      );
    }),
    'passes on what a transform throws, and closes': reading(async (cursor, on) => {
      const failing = cursor.map(() => {
        throw new RangeError('mine');
      });
      return await on.all(
        () => failing.next(),
        () => state(failing),
        () => failing.next()
      );
    }),
    'awaits what a transform promises': reading(cursor =>
      cursor.map(async one => one._id as number).toArray()
    )
  },
  'AbstractCursor.addCursorFlag': {
    'sets flags, known ones only': reading((cursor, on) =>
      on.all(
        ...(['noCursorTimeout', 'partial', 'oplogReplay', 'exhaust'] as const).map(
          flag => () => cursor.clone().addCursorFlag(flag, true).toArray()
        ),
        () => cursor.clone().addCursorFlag('nonsense' as any, true),
        () => cursor.clone().addCursorFlag('tailable', 'yes' as any),
        () => cursor.clone().addCursorFlag('tailable', true).batchSize(5).toArray(),
        () => cursor.clone().addCursorFlag('tailable', true).limit(5).toArray(),
        () => cursor.clone().addCursorFlag('tailable', true).skip(5).toArray(),
        () => cursor.clone().addCursorFlag('tailable', true).sort({ a: 1 }).toArray()
      )
    ),
    'tails a capped collection': async on => {
      const { collectionName: name } = on.collection;
      await on.db.createCollection(name, { capped: true, size: 100_000 });
      await seedNumbers(on.collection, 3);
      const cursor = on.collection.find({}, { tailable: true, batchSize: 2 });
      const seen: unknown[] = [];
      for (let i = 0; i < 4; i++) seen.push(await cursor.tryNext());
      await on.collection.insertOne({ _id: 3 });
      seen.push(await cursor.tryNext(), state(cursor));
      await cursor.close();
      return { seen, state: state(cursor) };
    },
    'asks for documents to be waited for': async on => {
      const { collectionName: name } = on.collection;
      await on.db.createCollection(name, { capped: true, size: 100_000 });
      await seedNumbers(on.collection, 1);
      const cursor = on.collection
        .find({})
        .addCursorFlag('tailable', true)
        .addCursorFlag('awaitData', true)
        .maxAwaitTimeMS(10);
      const seen = [await cursor.next()];
      await on.collection.insertOne({ _id: 3 });
      seen.push(await cursor.next());
      await cursor.close();
      return seen;
    }
  },
  'AbstractCursor.withReadPreference': {
    'takes modes, and refuses what is none': reading((cursor, on) =>
      on.all(
        () => cursor.clone().withReadPreference('nearest').toArray(),
        () => cursor.clone().withReadPreference('nearest').readPreference.mode,
        () => cursor.clone().withReadPreference('nonsense' as any),
        () => cursor.clone().withReadPreference(5 as any)
      )
    )
  },
  'AbstractCursor.readPreference': {
    'is the one that it uses': reading(cursor => cursor.readPreference)
  },
  'AbstractCursor.withReadConcern': {
    'takes levels': reading((cursor, on) =>
      on.all(
        () => cursor.clone().withReadConcern({ level: 'majority' }).toArray(),
        () => cursor.clone().withReadConcern('local').toArray()
      )
    )
  },
  'AbstractCursor.readConcern': {
    'is the one that it uses': reading((cursor, on) => ({
      none: cursor.readConcern,
      own: on.collection.find({}, { readConcern: { level: 'local' } }).readConcern
    }))
  },
  'AbstractCursor.maxTimeMS': {
    'goes to the server': reading((cursor, on) =>
      on.all(
        () => cursor.clone().maxTimeMS(5_000).toArray(),
        () => cursor.clone().filter({ $where: 'sleep(50) || true' }).maxTimeMS(10).toArray(),
        () => cursor.clone().maxTimeMS('5' as any)
      )
    )
  },
  'AbstractCursor.batchSize': {
    'goes to the server, with the later batches too': reading((cursor, on) =>
      on.all(
        () => cursor.clone().batchSize(3).toArray(),
        () => cursor.clone().batchSize(100).toArray(),
        () => cursor.clone().batchSize('3' as any),
        () => cursor.clone().batchSize(2).limit(5).toArray()
      )
    )
  },
  'AbstractCursor.namespace': {
    'is where it runs': reading(({ namespace }) => [
      namespace.toString(),
      namespace.db,
      namespace.collection
    ])
  }
};

const copies: Scenarios = {
  'FindCursor.clone': {
    'is a cursor that has not started': reading(async cursor => {
      await cursor.next();
      const clone = cursor.clone();
      return { before: state(clone), all: await clone.toArray(), original: await cursor.next() };
    }),
    'has no transform and its own options': reading(async cursor => {
      const mapped = cursor.map(() => 'mapped');
      const clone = mapped.clone().limit(1);
      return [await clone.toArray(), await mapped.next()];
    })
  },
  'AggregationCursor.clone': {
    'is a cursor that has not started, with the same stages': async on => {
      await seedNumbers(on.collection, 5);
      const cursor = on.collection.aggregate([{ $sort: { _id: 1 } }], { batchSize: 2 });
      await cursor.next();
      const clone = cursor.clone();
      const all = await clone.limit(2).toArray();
      await cursor.close();
      return { all, shared: clone.pipeline === cursor.pipeline, stages: cursor.pipeline };
    }
  },
  'AggregationCursor.map': {
    'leaves the stages': async on => {
      await seedNumbers(on.collection, 5);
      const cursor = on.collection.aggregate([{ $sort: { _id: 1 } }]);
      return await cursor
        .map(one => one['_id'] as number)
        .limit(2)
        .toArray();
    }
  },
  'FindCursor.map': {
    'leaves the setters of find': reading(cursor =>
      cursor
        .map(one => one._id as number)
        .limit(2)
        .toArray()
    )
  },
  'FindCursor.count': {
    'counts by the filter, deprecated as it is': async on => {
      await seed(on.collection);
      return await on.all(
        () => on.collection.find({ n: 3 }).count(),
        () => on.collection.find({ n: 3 }).limit(1).count(),
        () => on.collection.find({}).skip(3).count({ limit: 2 }),
        () => on.collection.find({}).count(true as any),
        () => on.collection.find({}).hint('n_1').count({ maxTimeMS: 5_000 })
      );
    }
  }
};

export const CURSORS: Scenarios = { ...reads, ...lives, ...copies };
