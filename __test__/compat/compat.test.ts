/**
 * A PolyPool is a MongoClient: every scenario ends on both with the same results, the same errors
 * and the same commands at the server.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Comparison } from '../../scripts/build/compatibility/compare.mjs';
import { Both, compare } from './both.ts';
import { covered, prototypes, recordUses } from './coverage.ts';
import { unusedReasons } from './differences.ts';
import { SCENARIOS } from './scenarios/all.ts';

const comparison = new Comparison();
const used = recordUses(prototypes(comparison));
/** What the scenarios under a member's name have to use. */
const noted = new Map(covered(comparison).map(member => [member.shown, member.used]));
let both: Both;
before(async () => {
  both = await Both.open();
});
after(() => both.close());

for (const [method, scenarios] of Object.entries(SCENARIOS)) {
  describe(method, () => {
    for (const [name, scenario] of Object.entries(scenarios)) {
      it(name, () => compare(both, `${method} ${name}`, scenario));
    }
    const member = noted.get(method);
    if (member !== undefined) it('is what they use', () => assert.ok(used.has(member)));
  });
}

describe('Every member of the table', () => {
  for (const [shown, member] of noted) {
    it(`is used: ${shown}`, () => assert.ok(used.has(member)));
  }
});

describe('The list of differences on purpose', () => {
  it('holds none that is gone', () => {
    assert.deepEqual(unusedReasons(), []);
  });
});
