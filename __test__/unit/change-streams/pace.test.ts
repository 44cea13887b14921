/** How soon a change stream that failed is opened again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { Pace } =
  internal<typeof import('../../../lib/change-streams/pace.ts')>('change-streams/pace');

describe('The pace of resuming', () => {
  it('makes one failure good at once', () => {
    assert.equal(new Pace().delay(1_000, 1, 0.9), 0);
  });

  it('doubles from failure to failure, up to ten seconds', () => {
    const pace = new Pace();
    const delays: number[] = [];
    let now = 1_000;
    for (let i = 0; i < 10; i++) {
      const delay = pace.delay(now, 1, 1);
      delays.push(delay);
      now += delay;
    }
    assert.deepEqual(delays, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });

  it('leaves half of a delay to chance', () => {
    const pace = new Pace();
    pace.delay(1_000, 1, 0);
    assert.equal(pace.delay(1_000, 1, 0), 50);
  });

  it('begins anew after an event, and after a while without a failure', () => {
    const pace = new Pace();
    pace.delay(1_000, 1, 1);
    pace.recovered();
    assert.equal(pace.delay(1_001, 1, 1), 0);
    assert.equal(pace.delay(1_002, 1, 1), 100);
    assert.equal(pace.delay(9_000, 1, 1), 0);
  });

  it('spreads the streams of one pool that fail together over at most a second', () => {
    assert.equal(new Pace().delay(1_000, 8, 1), 0);
    assert.equal(new Pace().delay(1_000, 100, 0.5), 100);
    assert.equal(new Pace().delay(1_000, 100_000, 1), 1_000);
  });
});
