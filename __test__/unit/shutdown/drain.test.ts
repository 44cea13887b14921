/** When work that comes in pieces counts as ended. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { LOOK_MS, STILL_MS, Stillness } =
  internal<typeof import('../../../lib/shutdown/drain.ts')>('shutdown/drain');

/** Looks as often as one should, and says after how long nothing was under way for long enough. */
function reachedAfter(busyUntil: number): number {
  const stillness = new Stillness();
  for (let now = 0; ; now += LOOK_MS) {
    if (stillness.isReached(now < busyUntil, now)) return now;
  }
}

describe('Stillness', () => {
  it('is reached when nothing was under way for its time', () => {
    assert.equal(reachedAfter(0), STILL_MS);
    assert.equal(reachedAfter(50), 50 + STILL_MS);
  });

  it('begins anew when something is under way again', () => {
    const stillness = new Stillness();
    for (let now = 0; now < STILL_MS; now += LOOK_MS) stillness.isReached(false, now);
    assert.ok(!stillness.isReached(true, STILL_MS));
    assert.ok(!stillness.isReached(false, STILL_MS + LOOK_MS));
  });

  it('is not reached by time in which nobody could look', () => {
    const stillness = new Stillness();
    assert.ok(!stillness.isReached(false, 0));
    assert.ok(!stillness.isReached(false, 10 * STILL_MS));
    assert.ok(!stillness.isReached(false, 20 * STILL_MS));
  });
});
