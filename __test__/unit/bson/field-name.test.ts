/** Names of fields that are kept as bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { FieldNames } =
  internal<typeof import('../../../lib/bson/field-name.ts')>('bson/field-name');

describe('field names', () => {
  it('keeps a name that comes again', () => {
    const names = new FieldNames();
    assert.equal(names.find('größe'), undefined);
    const name = names.find('größe')!;
    assert.equal(name.text, 'größe');
    assert.equal(name.size, 8);
    assert.equal(names.find('größe'), name);
  });

  it('keeps no name that js-bson may refuse, and none of more than four words', () => {
    const names = new FieldNames();
    for (const text of ['a\0b', 'k'.repeat(16), 'é'.repeat(8)]) {
      assert.equal(names.find(text), undefined);
      assert.equal(names.find(text), undefined);
      assert.equal(names.find(text), undefined);
    }
  });

  it('starts anew when it is full, without what stood before the first names', () => {
    const names = new FieldNames();
    const { root } = names;
    for (let i = 0; i <= 4_096; i++) {
      names.find(`key${i}`);
      names.find(`key${i}`);
    }
    assert.notEqual(names.root, root);
    assert.equal(names.find('key0'), undefined);
    assert.notEqual(names.find('key4096'), undefined);
  });
});
