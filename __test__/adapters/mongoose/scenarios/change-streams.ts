// Owns change streams of models and connections.

import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scenarios } from '../both.ts';

/** What of a change no two runs share is left out. */
function shown({ operationType, fullDocument, updateDescription, ns }: any): unknown {
  return { operationType, fullDocument, updateDescription, ns };
}

/** Resolves when the server watches. Mongoose 8 has no event for it. */
async function ready(stream: any): Promise<void> {
  while (stream.driverChangeStream?.cursor?.id === undefined) await delay(10);
}

export const CHANGE_STREAMS: Scenarios = {
  'tell of changes by events': async on => {
    await on.connect();
    const M = on.model({ n: Number });
    await M.init();
    const stream = M.watch([], { hydrate: true, fullDocument: 'updateLookup' });
    const changes: unknown[] = [];
    const arrived = new EventEmitter();
    stream.on('change', change => {
      changes.push([shown(change), change.fullDocument instanceof M]);
      arrived.emit('change');
    });
    await ready(stream);
    /** What is looked up must still be there, so the next write waits for the change. */
    const told = async (write: () => Promise<unknown>): Promise<void> => {
      await Promise.all([once(arrived, 'change'), write()]);
    };
    const doc: any = new M({ n: 1 });
    await told(() => doc.save());
    doc.n = 2;
    await told(() => doc.save());
    await told(() => doc.deleteOne());
    const closed = once(stream as any, 'close');
    await stream.close();
    await closed;
    return changes;
  },

  'are iterated': async on => {
    const connection = await on.connect();
    const M = on.model({ n: Number });
    await M.init();
    const stream = M.watch([{ $match: { 'fullDocument.n': { $gt: 1 } } }]);
    const next = stream.next();
    await ready(stream);
    await M.create([{ n: 1 }, { n: 2 }], { ordered: true } as any);
    const first = shown(await next);
    await stream.close();
    const after = await on.settled(() => stream.next());
    const whole = connection.watch([], {});
    const opened = whole.next();
    await ready(whole);
    await connection.collection(on.name).insertOne({ n: 3 });
    const second = shown(await opened);
    await whole.close();
    return { first, after, second };
  },

  'fail by an error event': async on => {
    await on.connect();
    const M = on.model({ n: Number });
    await M.init();
    const stream = M.watch([{ $bad: 1 } as any]);
    const [error] = await once(stream as any, 'error').catch((thrown: unknown) => [thrown]);
    await stream.close();
    return error;
  },

  'have a resume token before any change': async on => {
    await on.connect();
    const M = on.model({ n: Number });
    await M.init();
    const stream: any = M.watch();
    stream.on('change', () => {});
    await ready(stream);
    await once(stream.driverChangeStream, 'resumeTokenChanged');
    const token = stream.driverChangeStream.resumeToken;
    await M.create({ n: 1 });
    await stream.close();
    const resumed = M.watch([], { resumeAfter: token });
    const change = shown(await resumed.next());
    await resumed.close();
    return change;
  }
};
