/** What is known of a change stream's course. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { Progress } =
  internal<typeof import('../../../lib/change-streams/progress.ts')>('change-streams/progress');

describe('The age of a resume token', () => {
  it('is the time for which the token has been the same, not the time since the last answer', t => {
    let now = 1_000;
    t.mock.method(Date, 'now', () => now);
    const progress = new Progress();
    assert.equal(progress.view.resumeTokenAgeMS, null);
    for (let i = 0; i < 5; i++) {
      progress.moved({ _data: 'a' });
      now += 500;
    }
    assert.equal(progress.view.resumeTokenAgeMS, 2_500);
    progress.moved({ _data: 'b' });
    assert.equal(progress.view.resumeTokenAgeMS, 0);
  });

  it('is that of its content, whatever it is made of', t => {
    let now = 1_000;
    t.mock.method(Date, 'now', () => now);
    const progress = new Progress();
    progress.moved({ _data: Buffer.from('a') });
    now += 500;
    progress.moved({ _data: Buffer.from('a') });
    assert.equal(progress.view.resumeTokenAgeMS, 500);
    progress.moved({ _data: Buffer.from('b') });
    assert.equal(progress.view.resumeTokenAgeMS, 0);
  });
});
