/**
 * Many requests at once, each its tenant's: not one document comes to another. POLYPOOL_ISOLATION_SECONDS says
 * for how long; without it, a few.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Tenancy, type WrappedModel } from './tenancy.ts';

const SECONDS = Number(process.env['POLYPOOL_ISOLATION_SECONDS'] ?? 3);
const AT_ONCE = 200;
const TENANTS = 25;

describe('Tenants at once', () => {
  let on: Tenancy;
  let User: WrappedModel;
  let Order: WrappedModel;
  let names: string[];

  before(async () => {
    on = await Tenancy.open();
    names = Array.from({ length: TENANTS }, (_, i) => on.tenant(String(i)));
    const { Schema } = on.mongoose;
    const user = new Schema({ tenant: String, name: String, seen: { type: Number, default: 0 } });
    user.virtual('orders', { ref: 'Order', localField: '_id', foreignField: 'user' });
    User = on.model('User', user);
    const order = new Schema({
      tenant: String,
      user: { type: Schema.Types.ObjectId, ref: User },
      total: Number
    });
    order.pre('save', async function (this: any) {
      await User.updateOne({ _id: this.user }, { $inc: { seen: 1 } });
    });
    Order = on.model('Order', order);
    // The same ids everywhere: a document of another tenant's would be found.
    const ids = Array.from({ length: 4 }, () => new on.mongoose.Types.ObjectId());
    for (const tenant of names) {
      const users = ids.map((_id, n) => ({ _id, tenant, name: String(n) }));
      await User.db(tenant).insertMany(users);
      await Order.db(tenant).createCollection();
    }
  });
  after(() => on.close());

  const WORK: Record<string, (tenant: string) => Promise<unknown[]>> = {
    find: async () => await User.find(),
    lean: async () => await User.find().lean(),
    populate: async () => {
      const orders = await Order.find().limit(20).populate('user');
      return [...orders, ...orders.map((one: any) => one.user)];
    },
    'virtual populate': async () => {
      const users = await User.find().populate('orders');
      return users.flatMap((one: any) => [one, ...one.orders.slice(0, 20)]);
    },
    save: async tenant => {
      const user = await User.findOne();
      const order = new Order({ tenant, user, total: 1 });
      await order.save();
      order.total = 2;
      await order.save();
      return [user, order, await Order.findById(order._id)];
    },
    'by a view': async tenant => {
      const other = names[(names.indexOf(tenant) + 1) % names.length]!;
      const found = await User.db(other).find();
      for (const one of found) assert.equal(one.tenant, other);
      return await User.find();
    },
    aggregate: async () =>
      await User.aggregate([
        { $lookup: { from: 'orders', localField: '_id', foreignField: 'user', as: 'orders' } },
        { $project: { tenant: 1 } }
      ]),
    transaction: async tenant => {
      const { connection } = on.mongoose;
      return await connection.transaction(async (session: any) => {
        const user = await User.findOne().session(session);
        const [order] = await Order.create([{ tenant, user, total: 3 }], { session });
        return [user, order];
      });
    },
    cursor: async () => {
      const found: unknown[] = [];
      for await (const one of Order.find().limit(20).cursor({ batchSize: 3 })) found.push(one);
      return found;
    },
    stream: async () => {
      const found: unknown[] = [];
      for await (const one of User.find().cursor()) found.push(one);
      return found;
    }
  };

  it('never meet', { timeout: (SECONDS + 60) * 1_000 }, async t => {
    const kinds = Object.entries(WORK);
    const deadline = performance.now() + SECONDS * 1_000;
    const done = Object.fromEntries(kinds.map(([kind]) => [kind, 0]));
    const request = async (index: number): Promise<void> => {
      const [kind, work] = kinds[index % kinds.length]!;
      const tenant = names[(index + Math.floor(index / kinds.length)) % names.length]!;
      await on.pool.withTenant(tenant, async () => {
        for (const one of (await work(tenant)) as any[]) {
          assert.equal(one.tenant, tenant, kind);
          if (one.$__) assert.equal(one.db.name, tenant, kind);
        }
      });
      done[kind]!++;
    };
    let next = 0;
    const lines = Array.from({ length: AT_ONCE }, async () => {
      do await request(next++);
      while (performance.now() < deadline);
    });
    await Promise.all(lines);
    t.diagnostic(`${SECONDS} s, ${TENANTS} tenants, ${AT_ONCE} requests at once: ${next} requests`);
    t.diagnostic(JSON.stringify(done));
    for (const [kind, count] of Object.entries(done)) assert.ok(count > 0, kind);
    for (const tenant of names) {
      for (const collection of ['users', 'orders']) {
        const stored = await on.stored(tenant, collection);
        assert.ok(stored.length > 0 || collection === 'orders');
        for (const one of stored) assert.equal(one.tenant, tenant);
      }
    }
    assert.equal(await User.countDocuments(), 0);
    assert.equal(await Order.countDocuments(), 0);
  });
});
