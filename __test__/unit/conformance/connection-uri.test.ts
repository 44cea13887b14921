/** Changes to connection strings, for clients that tests want otherwise than the run has them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConnectionURI } from '../../../conformance/connection-uri.ts';

const URI = new ConnectionURI('mongodb://u:p%40@a:1,b:2/db?replicaSet=rs&w=1');

describe('ConnectionURI', () => {
  it('is what it was made of', () => {
    assert.equal(URI.toString(), 'mongodb://u:p%40@a:1,b:2/db?replicaSet=rs&w=1');
    assert.equal(new ConnectionURI('mongodb://a').toString(), 'mongodb://a/');
  });

  it('replaces options, whatever the case of their names', () => {
    const changed = URI.with({ W: 'majority', readConcernLevel: 'local' });
    assert.match(changed.toString(), /\?replicaSet=rs&W=majority&readConcernLevel=local$/);
  });

  it('writes lists and maps, and lists of tags one by one', () => {
    const tags = new ConnectionURI('mongodb://a').with({ readPreferenceTags: ['dc:ny', ''] });
    assert.match(tags.toString(), /\?readPreferenceTags=dc%3Any&readPreferenceTags=$/);
    const map = new ConnectionURI('mongodb://a').with({
      authMechanismProperties: { A: 'b', C: 1 }
    });
    assert.match(map.toString(), /=A%3Ab%2CC%3A1$/);
  });

  it('can have one host, and no set', () => {
    assert.equal(URI.toSingle().without('replicaset').toString(), 'mongodb://u:p%40@a:1/db?w=1');
  });

  it('knows whether clients log in', () => {
    assert(URI.authenticates);
    assert(!new ConnectionURI('mongodb://a/?w=1').authenticates);
  });

  it('refuses what is no connection string', () => {
    assert.throws(() => new ConnectionURI('http://a'), RangeError);
  });
});
