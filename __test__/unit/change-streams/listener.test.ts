/** What a listener of a shared stream is told, and where. */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { Hub } = internal<typeof import('../../../lib/change-streams/hub.ts')>('change-streams/hub');
const { SharedCursor } =
  internal<typeof import('../../../lib/change-streams/listener.ts')>('change-streams/listener');

describe('A listener of a shared stream', () => {
  it('is told in its own asynchronous context of what befell the stream', async () => {
    const context = new AsyncLocalStorage<string>();
    const source = {
      next: () => new Promise<never>(() => undefined),
      close: () => Promise.resolve(),
      closed: false,
      isFinished: false
    };
    const hub = new Hub(
      'database',
      () => source,
      () => undefined
    );
    const heard: unknown[] = [];
    for (const name of ['a', 'b']) {
      await context.run(name, async () => {
        const cursor = new SharedCursor(() => hub);
        for (const event of ['historyLost', 'close']) {
          cursor.on(event, () => heard.push([name, event, context.getStore()]));
        }
        await cursor.tryNext();
      });
    }
    context.run('c', () => {
      hub.lost(null);
      hub.end();
    });
    assert.deepEqual(heard, [
      ['a', 'historyLost', 'a'],
      ['b', 'historyLost', 'b'],
      ['a', 'close', 'a'],
      ['b', 'close', 'b']
    ]);
  });
});
