/** Which kind of test a file holds, told by its content. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findFiles, readTestFile } from '../../../conformance/files.ts';
import { parseExtendedJSON } from '../../../conformance/extended-json.ts';

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'conformance-'));
});

after(() => rmSync(folder, { recursive: true }));

function read(content: unknown) {
  const path = join(folder, 'file.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readTestFile(path);
}

describe('readTestFile', () => {
  it('knows the formats that are run', () => {
    assert.equal(read({ schemaVersion: '1.0', tests: [] }).kind, 'unified');
    assert.equal(read({ bson_type: '0x01', valid: [] }).kind, 'bson-corpus');
    assert.equal(read({ tests: [{ uri: 'mongodb://a', valid: true }] }).kind, 'connection-string');
    assert.equal(read({ tests: [{ writeConcernDocument: {} }] }).kind, 'concern-document');
    assert.equal(read({ test_key: 'v', tests: [{ vector: [] }] }).kind, 'binary-vector');
  });

  it('says what it does not run', () => {
    const legacy = read({ uri: 'mongodb://a', phases: [], description: 'x' });
    assert.equal(legacy.kind, 'legacy');
    assert.match(legacy.note!, /server discovery/);
    assert.match(read({ fields: [] }).note!, /^keys fields$/);
    assert.equal(read([1, 2]).kind, 'other');
    assert.equal(read('null').kind, 'other');
  });

  it('survives what is not JSON', () => {
    assert.equal(read('{').kind, 'unreadable');
    assert.equal(read({ schemaVersion: '1.0', x: { $oid: 'none' } }).kind, 'unified');
  });
});

describe('findFiles', () => {
  it('finds JSON below a folder, in order', () => {
    const root = join(folder, 'tree');
    mkdirSync(join(root, 'b'), { recursive: true });
    for (const name of ['c.json', 'a.json', 'a.yml', join('b', 'd.json')]) {
      writeFileSync(join(root, name), '{}');
    }
    const names = [...findFiles(root)].map(path => path.slice(root.length + 1));
    assert.deepEqual(names, ['a.json', join('b', 'd.json'), 'c.json']);
  });
});

describe('parseExtendedJSON', () => {
  it('makes values of types, and leaves numbers and queries as they are', () => {
    const parsed = parseExtendedJSON(
      '{"a":1,"b":{"$numberLong":"9007199254740993"},"c":{"$regex":"x"},"d":[{"$oid":"0123456789abcdef01234567"}]}'
    ) as { a: unknown; b: { toString(): string }; c: unknown; d: Array<{ _bsontype: string }> };
    assert.equal(parsed.a, 1);
    assert.equal(parsed.b.toString(), '9007199254740993');
    assert.deepEqual(parsed.c, { $regex: 'x' });
    assert.equal(parsed.d[0]?._bsontype, 'ObjectId');
  });
});
