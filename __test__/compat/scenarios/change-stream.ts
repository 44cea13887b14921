// Owns what is compared of change streams: events, tokens, both ways to read, and ends. What they
// survive takes a server that fails, so that is the integration tests'.

import type { ChangeStream, ChangeStreamOptions, Collection, Document, ResumeToken } from 'mongodb';
import type { Context, Scenario, Scenarios } from '../both.ts';

/** A getMore without news comes back at once. */
const QUICK = { maxAwaitTimeMS: 1 };
/** Milliseconds after which something has gone wrong. */
const PATIENCE_MS = 10_000;

/** A stream with these begins with what happens next. */
async function now(on: Context): Promise<ChangeStreamOptions> {
  // A stream begins with what happened at its time, which is this then.
  await on.db.collection(`before_${name(on)}`).insertOne({});
  const { operationTime } = await on.db.command({ ping: 1 });
  return { ...QUICK, startAtOperationTime: operationTime };
}

/** One of each kind of change to a document. */
async function change(collection: Collection<any>): Promise<void> {
  await collection.insertOne({ _id: 1, n: 1 });
  await collection.updateOne({ _id: 1 }, { $set: { n: 2 }, $unset: { m: 1 } });
  await collection.replaceOne({ _id: 1 }, { n: 3 });
  await collection.deleteOne({ _id: 1 });
}

async function take(stream: ChangeStream<any, any>, count: number): Promise<Document[]> {
  const changes: Document[] = [];
  while (changes.length < count) changes.push(await stream.next());
  return changes;
}

/** A stream from before what `make` does, which is closed in the end. */
function watching(
  run: (stream: ChangeStream<any, any>, on: Context) => unknown,
  options: ChangeStreamOptions = {},
  make: (collection: Collection<any>) => Promise<unknown> = change
): Scenario {
  return async on => {
    await on.db.createCollection(on.collection.collectionName);
    const begin = await now(on);
    await make(on.collection);
    const stream = on.collection.watch([], { ...begin, ...options });
    try {
      return await run(stream, on);
    } finally {
      await stream.close();
    }
  };
}

/** A stream of a collection where nothing happens. */
function quiet(run: (stream: ChangeStream<any, any>, on: Context) => unknown): Scenario {
  return watching(run, { maxAwaitTimeMS: 100 }, async () => undefined);
}

/** Notes what a stream emits, except how often its token moves. */
function record(stream: ChangeStream<any, any>): unknown[] {
  const log: unknown[] = [];
  for (const event of ['error', 'end', 'close', 'init', 'more', 'response'] as const) {
    stream.on(event, (...given: unknown[]) => log.push([event, ...given]));
  }
  return log;
}

async function until(what: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!what()) {
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${String(what)}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

/** Reading in all ways, and what comes of it. */
const reads = (on: Context, stream: ChangeStream<any, any>): Promise<unknown> =>
  on.all(
    () => stream.next(),
    () => stream.hasNext(),
    () => stream.tryNext()
  );

const REFUSED: ReadonlyArray<readonly [pipeline: unknown, options?: object | null]> = [
  [[{ $nonsense: 1 }]],
  [[{ $project: { x: 1 } }, { $out: 'y' }]],
  [[], { fullDocument: 'nonsense' }],
  [[], { fullDocumentBeforeChange: 5 }],
  [[], { resumeAfter: { a: 1 } }],
  [[], { resumeAfter: { _data: 'x' }, startAfter: { _data: 'x' } }],
  [[], { nonsense: true }],
  [[], { readConcern: { level: 'local' } }],
  [[5]],
  ['text']
];

const places: Scenarios = {
  'Collection.watch': {
    'tells of every kind of change': watching(stream => take(stream, 4)),
    'takes a pipeline': async on => {
      const begin = await now(on);
      await change(on.collection);
      const pipeline = [{ $match: { operationType: 'delete' } }, { $set: { mine: 1 } }];
      const stream = on.collection.watch(pipeline, begin);
      const seen = await stream.next();
      await stream.close();
      return [seen, stream.pipeline, stream.pipeline === pipeline];
    },
    'takes options in the place of a pipeline, and null for them': async on => {
      const begin = await now(on);
      await change(on.collection);
      const seen: unknown[] = [];
      for (const stream of [on.collection.watch(begin as any), on.collection.watch([], begin)]) {
        seen.push(await stream.next(), stream.pipeline);
        await stream.close();
      }
      const stream = on.collection.watch([], null as any);
      await stream.close();
      return seen;
    },
    'looks documents up': watching(stream => take(stream, 4), { fullDocument: 'updateLookup' }),
    'has images': async on => {
      const { collectionName } = on.collection;
      const kept = { changeStreamPreAndPostImages: { enabled: true } };
      await on.db.createCollection(collectionName, kept);
      const begin = await now(on);
      await change(on.collection);
      const options = { fullDocument: 'required', fullDocumentBeforeChange: 'whenAvailable' };
      const stream = on.collection.watch([], { ...begin, ...options });
      const seen = await take(stream, 4);
      await stream.close();
      return seen;
    },
    'shows more events when asked to': watching(
      stream => take(stream, 5),
      { showExpandedEvents: true },
      async collection => {
        await collection.createIndex({ a: 1 }, {}, {});
        await change(collection);
      }
    ),
    'goes on behind a token': watching(async (stream, on) => {
      const [first] = await take(stream, 2);
      const seen: unknown[] = [];
      for (const option of ['resumeAfter', 'startAfter']) {
        const rest = on.collection.watch([], { ...QUICK, [option]: first!['_id'] as ResumeToken });
        seen.push(rest.resumeToken, await take(rest, 3));
        await rest.close();
      }
      return seen;
    }),
    'reads values as it is told': watching(
      stream => take(stream, 1),
      { promoteValues: false },
      collection => collection.insertOne({ _id: 1, n: 1.5, long: 2 ** 40 })
    ),
    'is refused by the server what it is refused': async on => {
      const seen: unknown[] = [];
      for (const [pipeline, options] of REFUSED) {
        seen.push(
          await on.settled(async () => {
            const stream = on.collection.watch(pipeline as any, options as any);
            try {
              return await stream.next();
            } finally {
              await stream.close();
            }
          })
        );
      }
      return seen;
    }
  },
  'Db.watch': {
    'tells of all collections': async on => {
      const begin = await now(on);
      await change(on.collection);
      await on.db.collection(`${on.collection.collectionName}_other`).insertOne({});
      const match = { 'ns.coll': { $regex: `^${on.collection.collectionName}(_|$)` } };
      const stream = on.db.watch([{ $match: match }], begin);
      const seen = await take(stream, 5);
      await stream.close();
      return seen;
    },
    'ends with the database': async on => {
      const begin = await now(on);
      const doomed = on.client.db(`${on.db.databaseName}_doomed`);
      await doomed.collection('a').insertOne({});
      await doomed.dropDatabase();
      const stream = doomed.watch([], begin);
      return [await take(stream, 4), stream.closed, await on.settled(() => stream.next())];
    }
  },
  'MongoClient.watch': {
    'tells of all databases': async on => {
      const begin = await now(on);
      await change(on.collection);
      const pipeline = [{ $match: { ns: { db: on.db.databaseName, coll: name(on) } } }];
      const stream = on.client.watch(pipeline, begin);
      const seen = await take(stream, 4);
      await stream.close();
      return seen;
    }
  }
};

function name({ collection }: Context): string {
  return collection.collectionName;
}

/** What a stream says of itself. */
function describe(stream: ChangeStream, parent: unknown): unknown {
  const { namespace, type, options } = stream;
  return [
    stream.parent === parent,
    [namespace.db, namespace.collection, String(namespace)],
    [String(type), options.readPreference, options.fullDocument]
  ];
}

const reading: Scenarios = {
  'ChangeStream.next': {
    'gives one event after the other': watching(async stream => {
      const seen: unknown[] = [];
      for (let i = 0; i < 4; i++) seen.push(await stream.next(), stream.closed);
      return seen;
    }),
    'is refused once somebody listens': quiet(async (stream, on) => {
      stream.on('change', () => undefined);
      return await reads(on, stream);
    }),
    'is over with the collection': watching(
      async (stream, on) => [await take(stream, 3), stream.closed, await reads(on, stream)],
      {},
      async collection => {
        await collection.insertOne({ _id: 1 });
        await collection.drop();
      }
    ),
    'needs a token in every event': watching(
      async (stream, on) => [await on.settled(() => stream.next()), stream.closed],
      { raw: true }
    )
  },
  'ChangeStream.tryNext': {
    'gives null when there is nothing': quiet(async stream => [
      await stream.tryNext(),
      await stream.tryNext()
    ]),
    'gives what there is': watching(async stream => {
      const seen: unknown[] = [];
      while (seen.length < 4) {
        const found: unknown = await stream.tryNext();
        if (found !== null) seen.push(found);
      }
      return seen;
    })
  },
  'ChangeStream.hasNext': {
    'looks without taking': watching(async stream => {
      const seen: unknown[] = [];
      for (let i = 0; i < 4; i++) {
        seen.push(await stream.hasNext(), await stream.hasNext(), await stream.next());
      }
      return seen;
    })
  },
  'ChangeStream.[Symbol.asyncIterator]': {
    'closes when the loop is left, and loops no more': watching(async stream => {
      const seen: unknown[] = [];
      for await (const given of stream) if (seen.push(given) === 2) break;
      for await (const given of stream) seen.push(given);
      return [seen, stream.closed];
    }),
    'ends with an error, as the stream does': watching(
      async (stream, on) => {
        const seen: unknown[] = [];
        const end = await on.settled(async () => {
          for await (const given of stream) seen.push(given);
        });
        return [seen, end];
      },
      {},
      collection => collection.drop()
    )
  },
  'ChangeStream.bufferedCount': {
    'is what has arrived': watching(
      async stream => {
        const seen = [stream.bufferedCount()];
        for (let i = 0; i < 4; i++) {
          await stream.next();
          seen.push(stream.bufferedCount());
        }
        return seen;
      },
      { batchSize: 2 }
    )
  },
  'ChangeStream.resumeToken': {
    'is the last event that was read': watching(async stream => {
      const seen = [stream.resumeToken];
      const { _id } = await stream.next();
      seen.push(JSON.stringify(_id) === JSON.stringify(stream.resumeToken));
      return seen;
    }),
    'moves when nothing happens here': quiet(async (stream, on) => {
      await stream.tryNext();
      const first = JSON.stringify(stream.resumeToken);
      await on.db.collection(`${name(on)}_elsewhere`).insertOne({});
      let moved = false;
      for (let i = 0; i < 100 && !moved; i++) {
        await stream.tryNext();
        moved = JSON.stringify(stream.resumeToken) !== first;
      }
      return moved;
    })
  },
  'ChangeStream.options': {
    'tells what it was made of': quiet((stream, on) => {
      const secondary = on.db.collection(name(on), { readPreference: 'secondary' });
      const options = { fullDocument: 'updateLookup' };
      return [
        describe(stream, on.collection),
        describe(secondary.watch([], options), secondary),
        describe(on.db.watch(), on.db),
        describe(on.client.watch([], options), on.client)
      ];
    })
  }
};

const emitting: Scenarios = {
  'ChangeStream.on': {
    'change gives the events in their order': watching(async (stream, on) => {
      const log = record(stream);
      stream.on('change', given => log.push(given));
      await until(() => log.length === 4);
      await stream.close();
      return [log, stream.closed, await on.settled(() => stream.on('change', () => 1) === stream)];
    }),
    'resumeTokenChanged comes before the event': watching(async stream => {
      const log: unknown[] = [];
      stream.on('resumeTokenChanged', token => log.push(['token', token]));
      stream.on('change', given => log.push(['change', given['operationType']]));
      await until(() => log.some(entry => String(entry) === 'change,delete'));
      return log.map((entry, at) => [entry, log[at + 1]]).filter(([, next]) => isChange(next));
    }),
    'resumeTokenChanged comes though nothing happens': quiet(async stream => {
      let tokens = 0;
      stream.on('resumeTokenChanged', () => (tokens += 1));
      stream.on('change', () => undefined);
      await until(() => tokens > 0);
    }),
    'change is refused once it was read': watching(async (stream, on) => {
      await stream.next();
      return [
        await on.settled(() => stream.on('change', () => undefined)),
        stream.listenerCount('change'),
        await on.settled(() => stream.on('error', () => undefined) === stream)
      ];
    }),
    'error gives what ends it': async on => {
      const seen: unknown[] = [];
      for (const [pipeline, options] of REFUSED) {
        const stream = on.collection.watch(pipeline as any, options as any);
        const log = record(stream);
        stream.on('change', given => log.push(given));
        await until(() => log.some(entry => (entry as unknown[])[0] === 'error'));
        seen.push(log, stream.closed);
      }
      return seen;
    },
    'error gives what a listener throws, and it goes on': watching(async stream => {
      const log = record(stream);
      stream.on('change', given => {
        throw new TypeError(given['operationType'] as string);
      });
      await until(() => log.length === 4);
      return [log, stream.closed];
    }),
    'error comes for every event without a token': watching(
      async stream => {
        const log = record(stream);
        stream.on('change', given => log.push(given));
        await until(() => log.length === 4);
        return [log, stream.closed];
      },
      { raw: true }
    ),
    'close comes before the last event, which is that of the end': watching(
      async stream => {
        const log = record(stream);
        stream.on('change', given => log.push(given['operationType'], stream.closed));
        await until(() => log.includes('invalidate'));
        return log;
      },
      {},
      collection => collection.drop()
    )
  }
};

function isChange(entry: unknown): boolean {
  return Array.isArray(entry) && entry[0] === 'change';
}

const ends: Scenarios = {
  'ChangeStream.close': {
    'ends whoever waits': async on => {
      const seen: unknown[] = [];
      for (const read of ['next', 'hasNext', 'tryNext'] as const) {
        const stream = on.collection.watch([], { maxAwaitTimeMS: 100 });
        const log = record(stream);
        const waiting = on.settled(() => stream[read]());
        await until(() => stream.resumeToken !== null);
        const closed = await on.settled(() => stream.close());
        seen.push(closed, await waiting, log, await reads(on, stream));
      }
      return seen;
    },
    'ends one that has not begun': async on => {
      const seen: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        const stream = on.collection.watch();
        const log = record(stream);
        await stream.close();
        await stream.close();
        seen.push(log, stream.closed);
        seen.push(await reads(on, stream));
      }
      return seen;
    },
    'ends one that was read': watching(async (stream, on) => {
      await stream.next();
      const log = record(stream);
      await stream.close();
      return [log, stream.closed, await reads(on, stream), stream.bufferedCount()];
    }),
    'ends an emitter': quiet(async (stream, on) => {
      const log = record(stream);
      stream.on('change', given => log.push(given));
      await until(() => stream.resumeToken !== null);
      await stream.close();
      await on.collection.insertOne({});
      return [log, stream.closed, await reads(on, stream)];
    }),
    'of the client ends it': async on => {
      const seen: unknown[] = [];
      for (const emitter of [true, false]) {
        const client = on.open({});
        const stream = client.db(on.db.databaseName).collection(name(on)).watch();
        const log = record(stream);
        const waiting = emitter ? undefined : on.settled(() => stream.next());
        if (emitter) stream.on('change', given => log.push(given));
        await until(() => stream.resumeToken !== null);
        await client.close();
        seen.push(log, stream.closed, await waiting);
      }
      return seen;
    }
  },
  'ChangeStream.[Symbol.asyncDispose]': {
    'closes it': watching(async stream => {
      await stream.next();
      await stream[Symbol.asyncDispose]();
      return stream.closed;
    })
  },
  'ChangeStream.closed': {
    'is false until then': watching(async stream => {
      const before = stream.closed;
      await stream.close();
      return [before, stream.closed];
    })
  },
  'ChangeStream.stream': {
    'gives the events, and no token': watching(async stream => {
      const seen: unknown[] = [];
      for await (const given of stream.stream()) if (seen.push(given) === 4) break;
      return [seen, stream.resumeToken, stream.closed];
    }),
    'is refused after the end': watching(async (stream, on) => {
      await stream.close();
      return await on.settled(() => stream.stream());
    }),
    'ends when the stream is closed': quiet(async stream => {
      const readable = stream.stream();
      const log: string[] = [];
      for (const event of ['end', 'close', 'error']) readable.on(event, () => void log.push(event));
      readable.resume();
      await until(() => stream.resumeToken !== null);
      await stream.close();
      await until(() => log.length > 0);
      // Whether the read under way shows as an error, too, is luck with the driver.
      return log.some(event => ['end', 'error'].includes(event));
    })
  }
};

export const CHANGE_STREAMS: Scenarios = { ...places, ...reading, ...emitting, ...ends };
