/** The surface does not drift: what differs from the driver's is listed, with its reason. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Comparison } from '../../scripts/build/compatibility/compare.mjs';

describe("What differs from the driver's surface", () => {
  it('is what is listed', () => {
    assert.deepEqual(new Comparison().complaints, []);
  });
});
