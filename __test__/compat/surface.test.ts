/** No method drifts: each public one has a scenario, and what the driver has beyond is listed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classes, members } from './coverage.ts';
import { SCENARIOS } from './scenarios/all.ts';

/** Members of the driver's classes that are marked internal there, and that nobody should call. */
const INTERNAL: ReadonlySet<string> = new Set([
  'isDead',
  'client',
  'server',
  'session',
  'loadBalanced',
  'trackCursor',
  'getMore',
  'cursorInit',
  'fetchBatch',
  'cleanup',
  'emitClose',
  'transformDocument',
  'resolveExplainTimeoutOptions',
  'pin',
  'unpin'
]);

/** Members of the driver's classes that polypool does not have yet. */
const ABSENT: Record<string, readonly string[]> = {
  Db: [
    'indexInformation',
    'profilingLevel',
    'removeUser',
    'renameCollection',
    'runCursorCommand',
    'setProfilingLevel',
    'watch'
  ],
  Admin: ['removeUser', 'replSetGetStatus', 'validateCollection'],
  Collection: [
    'bulkWrite',
    'createSearchIndex',
    'createSearchIndexes',
    'dropSearchIndex',
    'indexExists',
    'indexInformation',
    'initializeOrderedBulkOp',
    'initializeUnorderedBulkOp',
    'isCapped',
    'listSearchIndexes',
    'options',
    'rename',
    'updateSearchIndex',
    'watch'
  ]
};

const { polypool, driver } = classes();

describe('Every public member', () => {
  for (const [name, prototype] of polypool) {
    for (const member of members(prototype)) {
      it(`has a scenario: ${name}.${member}`, () => {
        assert.ok(Object.keys(SCENARIOS[`${name}.${member}`] ?? {}).length > 0);
      });
    }
  }
});

describe("What the driver's classes have beyond polypool's", () => {
  for (const [name, prototype] of driver) {
    it(`is listed: ${name}`, () => {
      // Where a cursor's member sits among the base classes is nobody's business.
      const ours = new Set([...polypool.values()].flatMap(members));
      const own = polypool.get(name);
      const has = own && !name.endsWith('Cursor') ? new Set(members(own)) : ours;
      const absent = members(prototype).filter(member => !has.has(member) && !INTERNAL.has(member));
      assert.deepEqual(absent.sort(), ABSENT[name] ?? []);
    });
  }
});
