/** No method drifts: each public one has a scenario, and what differs from the driver is listed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Comparison } from '../../scripts/build/compatibility/compare.mjs';
import { classes, members } from './coverage.ts';
import { SCENARIOS } from './scenarios/all.ts';

describe('Every public member', () => {
  for (const [name, prototype] of classes().polypool) {
    for (const member of members(prototype)) {
      it(`has a scenario: ${name}.${member}`, () => {
        assert.ok(Object.keys(SCENARIOS[`${name}.${member}`] ?? {}).length > 0);
      });
    }
  }
});

describe("What differs from the driver's surface", () => {
  it('is what is listed', () => {
    assert.deepEqual(new Comparison().complaints, []);
  });
});
