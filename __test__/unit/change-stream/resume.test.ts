/** Where a change stream goes on after a failure, and which failures end it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Timestamp } from 'bson';
import type { ChangeStreamOptions } from 'mongodb';
import { batch, broken, change, failure, streamOver, token } from './replies.ts';

const TIME = new Timestamp({ t: 5, i: 1 });
const LATER = new Timestamp({ t: 9, i: 1 });

/** Notes the tokens that the stream announces. */
function tokensOf(stream: ReturnType<typeof streamOver>['stream']): unknown[] {
  const tokens: unknown[] = [];
  stream.on('resumeTokenChanged', given => tokens.push(given));
  return tokens;
}

describe('The resume token', () => {
  it('is unknown before the server has said something', () => {
    assert.equal(streamOver({}).stream.resumeToken, null);
  });

  it('is the one that was given, startAfter before resumeAfter', () => {
    assert.deepEqual(streamOver({ resumeAfter: token(1) }).stream.resumeToken, token(1));
    const both = { resumeAfter: token(1), startAfter: token(2) };
    assert.deepEqual(streamOver(both).stream.resumeToken, token(2));
  });

  it('follows an empty batch, the first one too', async () => {
    const { stream } = streamOver({}, batch([], { token: 1 }), batch([], { token: 2 }));
    const tokens = tokensOf(stream);
    assert.equal(await stream.tryNext(), null);
    assert.deepEqual(tokens, [token(1), token(2)]);
    assert.deepEqual(stream.resumeToken, token(2));
  });

  it("is the event's within a batch and the batch's behind the last event", async () => {
    const { stream } = streamOver({}, batch([change(1), change(2)], { token: 5 }));
    const tokens = tokensOf(stream);
    await stream.next();
    assert.deepEqual(stream.resumeToken, token(1));
    await stream.next();
    assert.deepEqual(tokens, [token(1), token(5)]);
  });

  it("is the event's where batches have none", async () => {
    const { stream } = streamOver({}, batch([change(1), change(2)]));
    const tokens = tokensOf(stream);
    await stream.next();
    await stream.next();
    assert.deepEqual(tokens, [token(1), token(2)]);
  });

  it('does not move while events are only looked for', async () => {
    const { stream } = streamOver({}, batch([change(1)], { token: 5 }));
    assert.equal(await stream.hasNext(), true);
    assert.equal(stream.resumeToken, null);
  });
});

describe('A stream that lost its connection goes on', () => {
  it('where it was told to begin when nothing else is known', async () => {
    const options = { startAtOperationTime: TIME };
    const { stream, asked } = streamOver(options, batch([]), broken(), batch([change(1)]));
    await stream.next();
    assert.deepEqual(asked, [options, 'more', 'kill', options]);
  });

  it('at the time of the first reply', async () => {
    const { stream, asked } = streamOver(
      {},
      batch([], { operationTime: TIME }),
      batch([], { operationTime: LATER }),
      broken(),
      batch([], { operationTime: LATER }),
      broken(),
      batch([change(1)])
    );
    await stream.next();
    const stages = asked.filter(one => typeof one === 'object') as ChangeStreamOptions[];
    assert.deepEqual(
      stages.map(({ startAtOperationTime }) => startAtOperationTime?.toJSON()),
      [undefined, TIME.toJSON(), TIME.toJSON()]
    );
  });

  it('behind the last empty batch, whatever it began with', async () => {
    const { stream, asked } = streamOver(
      { startAtOperationTime: TIME, fullDocument: 'updateLookup' },
      batch([], { token: 3, operationTime: LATER }),
      broken(),
      batch([change(4)])
    );
    await stream.next();
    assert.deepEqual(asked.at(-1), { fullDocument: 'updateLookup', resumeAfter: token(3) });
  });

  it('behind the event that was read last, not the one that came last', async () => {
    const { stream, asked } = streamOver(
      {},
      batch([change(1), change(2)]),
      broken(),
      batch([change(3)])
    );
    for (let i = 0; i < 3; i++) await stream.next();
    assert.deepEqual(asked.at(-1), { resumeAfter: token(2) });
  });

  it('with startAfter until it has handed out an event, with resumeAfter then', async () => {
    const { stream, asked } = streamOver(
      { startAfter: token(1) },
      batch([]),
      broken(),
      batch([change(2)]),
      broken(),
      batch([change(3)])
    );
    await stream.next();
    await stream.next();
    assert.deepEqual(
      asked.filter(one => typeof one === 'object'),
      [{ startAfter: token(1) }, { startAfter: token(1) }, { resumeAfter: token(2) }]
    );
  });

  it('once, however many wait for an event', async () => {
    const { stream, asked } = streamOver(
      {},
      batch([], { token: 1 }),
      broken(),
      batch([change(2), change(3), change(4)])
    );
    const changes = await Promise.all([stream.next(), stream.next(), stream.next()]);
    assert.deepEqual(changes, [change(2), change(3), change(4)]);
    assert.deepEqual(asked, [{}, 'more', 'kill', { resumeAfter: token(1) }]);
  });

  it('as often as it has to, later and later', async t => {
    const delays: number[] = [];
    t.mock.method(globalThis, 'setTimeout', (resume: () => void, delay: number) => {
      delays.push(delay);
      setImmediate(resume);
    });
    const failures = Array.from({ length: 20 }, () => [broken(), batch([])]).flat();
    const { stream, asked } = streamOver({}, batch([]), ...failures, batch([change(1)]));
    assert.deepEqual(await stream.next(), change(1));
    assert.equal(asked.filter(one => one === 'kill').length, 20);
    assert.equal(delays.length, 19);
    assert.ok(delays[0]! <= 100 && delays.at(-1)! >= 5_000);
  });

  it('as an emitter, too', async () => {
    const { stream, asked } = streamOver(
      {},
      batch([change(1)]),
      broken(),
      batch([change(2)]),
      new Promise(() => undefined)
    );
    const changes: unknown[] = [];
    await new Promise<void>(resolve => {
      stream.on('change', given => {
        if (changes.push(given) === 2) resolve();
      });
    });
    assert.deepEqual(changes, [change(1), change(2)]);
    assert.deepEqual(asked.slice(0, 4), [{}, 'more', 'kill', { resumeAfter: token(1) }]);
    await stream.close();
  });
});

describe('A stream ends', () => {
  const ended = { name: 'MongoAPIError', message: 'ChangeStream is closed' };

  it('with a refusal that it does not survive', async () => {
    const { stream, asked } = streamOver({}, batch([]), failure('MongoServerError'));
    await assert.rejects(stream.next(), { name: 'MongoServerError', code: 280 });
    assert.deepEqual([asked, stream.closed], [[{}, 'more', 'kill'], true]);
    await assert.rejects(stream.next(), ended);
  });

  it('when it could not even begin', async () => {
    const { stream, asked } = streamOver({}, broken());
    await assert.rejects(stream.next(), { name: 'MongoNetworkError' });
    assert.deepEqual([asked, stream.closed], [[{}], true]);
  });

  it('when it cannot go on', async () => {
    const refused = failure('MongoServerError', ['ResumableChangeStreamError']);
    const { stream } = streamOver({}, batch([]), broken(), refused);
    await assert.rejects(stream.next(), { name: 'MongoServerError' });
    assert.equal(stream.closed, true);
  });

  it('with what broke it when it finds no server to go on with', async () => {
    const none = failure('MongoServerSelectionError');
    const { stream } = streamOver({}, batch([]), broken(), none);
    await assert.rejects(stream.next(), { name: 'MongoNetworkError' });
    assert.equal(stream.closed, true);
  });

  it('with a failed selection when it had not begun', async () => {
    const { stream } = streamOver({}, failure('MongoServerSelectionError'));
    await assert.rejects(stream.next(), { name: 'MongoServerSelectionError' });
  });

  it('with an event that has no token', async () => {
    const { stream, asked } = streamOver({}, batch([{ n: 1 }]));
    await assert.rejects(stream.next(), {
      name: 'MongoChangeStreamError',
      message: 'A change stream document has been received that lacks a resume token (_id).'
    });
    assert.deepEqual([asked, stream.closed], [[{}, 'kill'], true]);
  });

  it('when it is closed, and does not go on if its connection breaks then', async () => {
    let more!: (reply: ReturnType<typeof broken>) => void;
    const { stream, asked } = streamOver(
      {},
      batch([]),
      new Promise<ReturnType<typeof broken>>(resolve => (more = resolve))
    );
    const waiting = stream.next();
    while (asked.length < 2) await Promise.resolve();
    const closing = stream.close();
    more(broken());
    await assert.rejects(waiting, ended);
    await closing;
    assert.deepEqual(asked, [{}, 'more', 'kill']);
  });

  it('when it is closed while it goes on', async () => {
    const { stream, asked } = streamOver({}, batch([]), broken());
    // Announced when the broken cursor is done with, and before there is another.
    stream.once('close', () => void stream.close());
    await assert.rejects(stream.next(), ended);
    assert.deepEqual(asked, [{}, 'more', 'kill']);
  });

  it('after the last event', async () => {
    const { stream } = streamOver({}, batch([change(1)], { last: true }));
    await stream.next();
    assert.deepEqual([stream.closed, await stream.hasNext()], [true, false]);
    await assert.rejects(stream.next(), {
      name: 'MongoRuntimeError',
      message: 'ChangeStream is closed'
    });
  });
});
