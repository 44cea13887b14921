/** Sorts, read preferences and concerns: every form a user may give them in. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadPreference, WriteConcern, type Sort } from 'mongodb';
import { FULL } from './operations/scope.ts';
import { internal } from '../support/internal.ts';

const { writeConcernSetting } = internal<typeof import('../../lib/concern.ts')>('concern');
const { inherit } =
  internal<typeof import('../../lib/operations/operation.ts')>('operations/operation');
const { readPreferenceOf } =
  internal<typeof import('../../lib/read-preference.ts')>('read-preference');
const { formatSort } = internal<typeof import('../../lib/sort.ts')>('sort');

describe('formatSort', () => {
  const forms: Array<[Sort, Array<[string, unknown]>]> = [
    ['a', [['a', 1]]],
    [
      ['a', 'b'],
      [
        ['a', 1],
        ['b', 1]
      ]
    ],
    [['a', -1], [['a', -1]]],
    [['a', 'desc'], [['a', -1]]],
    [
      [
        ['a', -1],
        ['b', 'ascending']
      ],
      [
        ['a', -1],
        ['b', 1]
      ]
    ],
    [
      { a: 'DESC' as 'desc', b: 1 },
      [
        ['a', -1],
        ['b', 1]
      ]
    ],
    [new Map([['a', -1]]), [['a', -1]]],
    [{ score: { $meta: 'textScore' } }, [['score', { $meta: 'textScore' }]]]
  ];
  for (const [sort, entries] of forms) {
    it(`reads ${sort instanceof Map ? 'a map' : JSON.stringify(sort)}`, () => {
      assert.deepEqual([...formatSort(sort)!], entries);
    });
  }

  it('reads nothing out of empty sorts', () => {
    assert.deepEqual(
      [{}, [], null, undefined].map(sort => formatSort(sort)),
      Array(4).fill(undefined)
    );
  });

  it('refuses a direction that is none', () => {
    assert.throws(() => formatSort({ a: 2 as never }), {
      name: 'MongoInvalidArgumentError',
      message: 'Invalid sort direction: 2'
    });
  });

  it('refuses what is no sort', () => {
    assert.throws(() => formatSort(5 as never), /^.*Invalid sort format: 5/);
  });
});

describe('readPreferenceOf', () => {
  it('reads a mode, an instance and an object alike', () => {
    const forms = [
      'nearest',
      ReadPreference.nearest,
      { mode: 'nearest' },
      { preference: 'nearest' }
    ];
    for (const readPreference of forms) {
      assert.deepEqual(readPreferenceOf({ readPreference: readPreference as 'nearest' }), {
        mode: 'nearest'
      });
    }
  });

  it('takes tags from the options beside a mode', () => {
    const options = { readPreference: 'nearest', readPreferenceTags: [{ dc: 'ny' }] } as const;
    assert.deepEqual(readPreferenceOf({ ...options, readPreferenceTags: [{ dc: 'ny' }] }), {
      mode: 'nearest',
      tags: [{ dc: 'ny' }]
    });
  });

  const refused: Array<[unknown, RegExp]> = [
    ['bogus', /^Invalid read preference mode "bogus"/],
    [5, /^Invalid read preference: /],
    [
      { mode: 'primary', tags: [{ a: 'b' }] },
      /^Primary read preference cannot be combined with tags/
    ],
    [{ mode: 'nearest', tags: {} }, /^ReadPreference tags must be an array/],
    [{ mode: 'nearest', maxStalenessSeconds: 0 }, /^maxStalenessSeconds must be a positive integer/]
  ];
  for (const [readPreference, message] of refused) {
    it(`refuses ${JSON.stringify(readPreference)}`, () => {
      const read = (): unknown => readPreferenceOf({ readPreference: readPreference as 'nearest' });
      assert.throws(read, error => {
        assert.equal((error as Error).name, 'MongoInvalidArgumentError');
        assert.match((error as Error).message, message);
        return true;
      });
    });
  }
});

describe('writeConcernSetting', () => {
  it('reads the older names and an instance of the driver', () => {
    assert.deepEqual(writeConcernSetting({ writeConcern: { w: 1, j: true, wtimeout: 5 } }), {
      w: 1,
      j: true,
      wtimeout: 5
    });
    const writeConcern = new WriteConcern('majority', 5, false);
    assert.deepEqual(writeConcernSetting({ writeConcern }), {
      w: 'majority',
      j: false,
      wtimeout: 5
    });
  });

  it('is none when nothing is set', () => {
    assert.equal(writeConcernSetting({ writeConcern: {} }), undefined);
    assert.equal(writeConcernSetting({ w: 1 } as object), undefined);
  });
});

describe('inherit', () => {
  it('shares the settings of the level above when there are no options', () => {
    assert.equal(inherit(undefined, FULL), FULL);
  });

  it('replaces what the options say and keeps the rest', () => {
    const settings = inherit({ readConcern: 'local', promoteValues: false }, FULL);
    assert.deepEqual(settings.readConcern, { level: 'local' });
    assert.deepEqual(settings.writeConcern, { w: 2, wtimeout: 100 });
    assert.equal(settings.bson.deserialize.promoteValues, false);
  });
});
