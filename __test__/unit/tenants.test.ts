/** The tenants of a pool, without one: their names, and when each was last used. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { internal } from '../support/internal.ts';

const { Tenants } = internal<typeof import('../../lib/tenants.ts')>('tenants');

describe('The name of a tenant', () => {
  it('is one that validateDatabaseName() takes', () => {
    const tenants = new Tenants(false);
    const refused = { name: 'MongoInvalidArgumentError', message: /^The name of a database must/ };
    // Both would be the same database: the server gets U+FFFD for either.
    const halves = ['x\ud800', 'x\ud801'];
    for (const name of [...halves, 'x\x01', 'x\x7f', 'a.b', '', 'admin', 'x'.repeat(64)]) {
      assert.throws(() => tenants.get(name), refused, JSON.stringify(name));
    }
    for (const none of [undefined, null, 5]) {
      assert.throws(() => tenants.get(none as never), refused, String(none));
    }
    assert.deepEqual(tenants.list(), []);
    assert.equal(tenants.get('größe').name, 'größe');
  });

  it("may be one of the server's own, for users who name databases", () => {
    const tenants = new Tenants(false);
    const enter = (): void => undefined;
    const used: string[] = [];
    tenants.settle({
      home: 'home',
      resolve: name => name ?? 'home',
      used: name => used.push(name),
      enter
    });
    assert.equal(tenants.get('admin').name, 'admin');
    assert.throws(() => tenants.get('x\ud800'), { name: 'MongoInvalidArgumentError' });
    tenants.get();
    assert.deepEqual(used, ['home', 'admin', 'home']);
  });
});

describe('The last use of a tenant', () => {
  let tenants: InstanceType<typeof Tenants>;

  beforeEach(() => {
    tenants = new Tenants(false);
  });

  function lastUse(): number {
    const [latest] = tenants.list();
    return latest!.lastUsedAt.getTime();
  }

  it('is when it was last asked for, again too', t => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_000 });
    const tenant = tenants.get('a');
    t.mock.timers.tick(500);
    assert.equal(tenants.get('a'), tenant);
    assert.equal(lastUse(), 1_500);
  });

  it('is when something was last done in its context, which may be an old one', t => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_000 });
    const tenant = tenants.get('a');
    tenants.run(tenant, () => {
      t.mock.timers.tick(500);
      tenants.run(tenant, () => undefined);
    });
    assert.equal(lastUse(), 1_500);
  });
});
