/**
 * A PolyPool is a MongoClient: every scenario ends on both with the same results, the same errors
 * and the same commands at the server.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Both, compare } from './both.ts';
import { classes, members, recordUses } from './coverage.ts';
import { unusedReasons } from './differences.ts';
import { SCENARIOS } from './scenarios/all.ts';

const { polypool } = classes();
const used = recordUses(polypool);
/** Members that live on a prototype, where their use can be noted; fields do not. */
const noted = new Set(
  [...polypool].flatMap(([name, prototype]) => members(prototype).map(one => `${name}.${one}`))
);
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
    if (noted.has(method)) it('is what they use', () => assert.ok(used.has(method)));
  });
}

describe('The list of differences on purpose', () => {
  it('holds none that is gone', () => {
    assert.deepEqual(unusedReasons(), []);
  });
});
