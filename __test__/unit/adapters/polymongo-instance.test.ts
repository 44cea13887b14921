/** The wrapper of a process: one for all who ask, and nothing of its options in reach of others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { internal } from '../../support/internal.ts';

const { instance } = internal<typeof import('../../../lib/adapters/polymongo/instance.ts')>(
  'adapters/polymongo/instance'
);

const options = { mongoURI: 'mongodb://user:hunter2@h/' };

describe('The wrapper of a process', () => {
  it('is the same for the same options, and shows none of them', () => {
    const make = (): object => ({});
    assert.throws(() => instance(undefined, make), { message: /needs options/ });
    const first = instance(options, make);
    assert.equal(instance({ ...options }, make), first);
    assert.equal(instance(undefined, make), first);
    assert.throws(() => instance({ mongoURI: 'mongodb://h/' }, make), { message: /createWrapper/ });
    const name = Symbol.for('polypool.polymongo');
    const { value, enumerable } = Object.getOwnPropertyDescriptor(globalThis, name)!;
    assert.equal(enumerable, false);
    assert.doesNotMatch(inspect(value, { depth: Infinity, showHidden: true }), /hunter2/);
  });
});
