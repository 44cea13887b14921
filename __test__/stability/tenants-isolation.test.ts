/**
 * Many requests at once, each its tenant's: not one document comes to another. The long form takes a minute;
 * `POLYPOOL_ISOLATION_SECONDS` says otherwise.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Tenancy, type WrappedModel } from '../adapters/mongoose/tenants/tenancy.ts';
import { isFull } from './support/full.ts';

const SECONDS = Number(process.env['POLYPOOL_ISOLATION_SECONDS'] ?? (isFull ? 60 : 3));
const AT_ONCE = 200;
const TENANTS = 200;

describe('Tenants at once', () => {
  let on: Tenancy;
  let User: WrappedModel;
  let Order: WrappedModel;
  let names: string[];
  /** The orders that were saved, again too, by the tenant that they are to be of. */
  const savesOf = new Map<string, number>();
  /** The orders that there must be. */
  const ordersOf = new Map<string, number>();
  /** Orders that came by $lookup. */
  let joined = 0;

  function add(of: Map<string, number>, tenant: string): void {
    of.set(tenant, (of.get(tenant) ?? 0) + 1);
  }

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
      add(savesOf, this.tenant);
      await User.updateOne({ _id: this.user }, { $inc: { seen: 1 } });
    });
    Order = on.model('Order', order);
    // The same ids everywhere: a document of another tenant's would be found.
    const ids = Array.from({ length: 4 }, () => new on.mongoose.Types.ObjectId());
    const fill = async (tenant: string): Promise<void> => {
      const users = ids.map((_id, n) => ({ _id, tenant, name: String(n) }));
      await User.db(tenant).insertMany(users);
      await Order.db(tenant).create({ tenant, user: ids[0], total: 0 });
      add(ordersOf, tenant);
    };
    await Promise.all(names.map(fill));
  });
  after(async () => {
    await Promise.all(names.map(name => on.pool.db(name).dropDatabase()));
    await on.close();
  });

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
      add(ordersOf, tenant);
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
    aggregate: async () => {
      const users: any[] = await User.aggregate([
        { $lookup: { from: 'orders', localField: '_id', foreignField: 'user', as: 'orders' } },
        { $project: { tenant: 1, orders: { $slice: ['$orders', 20] } } }
      ]);
      const found: unknown[] = users.flatMap(one => one.orders);
      joined += found.length;
      return [...users, ...found];
    },
    transaction: async tenant => {
      const { connection } = on.mongoose;
      const made = await connection.transaction(async (session: any) => {
        const user = await User.findOne().session(session);
        const [order] = await Order.create([{ tenant, user, total: 3 }], { session });
        return [user, order];
      });
      add(ordersOf, tenant);
      return made;
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
    },
    'stream with listeners': async () => {
      const found: any[] = [];
      const again: unknown[] = [];
      const stream = User.find().cursor();
      stream.on('data', (one: any) => {
        found.push(one);
        again.push(User.findById(one._id).exec());
      });
      await once(stream, 'end');
      return [...found, ...(await Promise.all(again))];
    },
    pipeline: async () => {
      const found: unknown[] = [];
      await pipeline(
        User.find().lean().cursor(),
        async function* (source: AsyncIterable<any>) {
          for await (const one of source) yield await User.findById(one._id);
        },
        async (source: AsyncIterable<any>) => {
          for await (const one of source) {
            found.push(one, ...(await one.populate('orders')).orders.slice(0, 20));
          }
        }
      );
      return found;
    },
    'change stream': async tenant => {
      const stream = Order.watch([], { fullDocument: 'updateLookup' });
      const found: unknown[] = [];
      stream.on('change', (change: any) => {
        assert.equal(change.ns.db, tenant);
        found.push(change.fullDocument, User.findOne().exec());
      });
      const order = await Order.create({ tenant, user: await User.findOne(), total: 1 });
      add(ordersOf, tenant);
      // It tells of what happens once it is open.
      while (found.length === 0) {
        order.$inc('total', 1);
        await order.save();
        await delay(5);
      }
      await stream.close();
      return [order, ...(await Promise.all(found))];
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
    assert.ok(joined > 0);
    for (const tenant of names) {
      const [users, made] = [await on.stored(tenant, 'users'), await on.stored(tenant, 'orders')];
      for (const one of [...users, ...made]) assert.equal(one.tenant, tenant);
      assert.equal(users.length, 4);
      // A write gone astray is missing here, and one too many there.
      let seen = 0;
      for (const one of users) seen += one.seen as number;
      assert.deepEqual(
        [seen, made.length],
        [savesOf.get(tenant) ?? 0, ordersOf.get(tenant) ?? 0],
        tenant
      );
    }
    assert.ok(savesOf.size > 0);
    assert.equal(await User.countDocuments(), 0);
    assert.equal(await Order.countDocuments(), 0);
  });
});
