/** `toJSONBytes()` of queries and aggregations: the JSON of their lean results, and what it refuses. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { install, toJSONBytes } from 'polypool/mongoose';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../../support/mongod.ts';

const require = createRequire(import.meta.url);

for (const name of ['mongoose', 'mongoose8']) {
  const { Mongoose, Schema } = require(name);
  const mongoose = new Mongoose();

  describe(`toJSONBytes() of Mongoose ${mongoose.version}`, () => {
    let mongod: SharedMongod;
    let undo: () => void;
    let Animal: any;
    let Dog: any;
    let calls: string[];

    before(async () => {
      mongod = await sharedMongod();
      undo = install(mongoose);
      const uri = Object.assign(new URL(mongod.uri), { pathname: `/${uniqueDatabase()}` }).href;
      await mongoose.connect(uri);
      const schema = new Schema(
        {
          name: String,
          born: Date,
          secret: { type: String, select: false },
          weight: Schema.Types.Decimal128,
          friend: { type: Schema.Types.ObjectId, ref: 'Animal' },
          loud: { type: String, get: (text: string) => text.toUpperCase() }
        },
        { discriminatorKey: 'kind', toJSON: { getters: true } }
      );
      schema.pre('find', function (this: any) {
        calls.push('find');
        if (this.getOptions().hidden) this.where({ name: 'nobody' });
      });
      schema.pre('aggregate', () => void calls.push('aggregate'));
      Animal = mongoose.model('Animal', schema);
      Dog = Animal.discriminator('Dog', new Schema({ tricks: [String] }));
      calls = [];
      await Animal.insertMany([
        { name: 'cat', born: new Date(0), secret: 'x', weight: '4.50', loud: 'miau' },
        { name: 'cow', born: new Date(1), friend: new mongoose.Types.ObjectId() }
      ]);
      await Dog.create({ name: 'dog', tricks: ['sit', 'roll'], secret: 'y' });
    });
    after(async () => {
      await mongoose.connection.dropDatabase();
      await mongoose.disconnect();
      undo();
      await mongod.stop();
    });

    /** A query gives the same as its like that is read lean and made JSON of. */
    async function same(query: () => any): Promise<string> {
      const bytes = await query().toJSONBytes();
      const text = bytes === null ? 'null' : String(bytes);
      assert.equal(text, JSON.stringify(await query().lean()));
      return text;
    }

    it('is what JSON.stringify makes of lean results', async () => {
      await same(() => Animal.find());
      await same(() => Animal.find({ name: 'none' }));
      assert.match(await same(() => Dog.find()), /^\[\{.*"tricks":\["sit","roll"\]/);
      await same(() => Animal.find({ born: '1970-01-01' }).select('born name').sort('-name'));
      await same(() => Animal.find().sort({ name: 1 }).skip(1).limit(1).select('+secret -_id'));
      await same(() => Animal.findOne({ name: 'dog' }));
      assert.equal(await same(() => Animal.findOne({ name: 'none' })), 'null');
      const { _id } = await Animal.findOne();
      await same(() => Animal.findById(String(_id)));
    });

    it('is so for every type, as this Mongoose has them', async () => {
      const { mongo } = mongoose;
      const values = {
        binary: new mongo.Binary(Buffer.from('abc'), 128),
        uuid: new mongo.UUID('5bf2a4b6-6d2b-4d23-a5ad-1e1bdd3e9c2a'),
        id: new mongo.ObjectId(),
        regexp: /a+/im,
        code: new mongo.Code('f()', { a: 1 }),
        reference: new mongo.DBRef('c', new mongo.ObjectId(), 'db', { x: 1 }),
        timestamp: new mongo.Timestamp({ t: 7, i: 8 }),
        long: mongo.Long.MAX_VALUE,
        small: mongo.Long.fromNumber(2 ** 40),
        decimal: mongo.Decimal128.fromString('1.5E+10'),
        ends: [new mongo.MinKey(), new mongo.MaxKey()],
        numbers: [NaN, -0, 1e21, 5e-7],
        date: new Date(-1),
        symbol: new mongo.BSONSymbol('s'),
        nothing: null
      };
      await Animal.collection.insertOne({ name: 'chimera', ...values });
      await same(() => Animal.find({ name: 'chimera' }));
      await Animal.deleteOne({ name: 'chimera' });
    });

    it('speaks EJSON on demand', async () => {
      const bytes = await Animal.findOne({ name: 'cat' }).toJSONBytes({ dialect: 'ejson' });
      assert.match(String(bytes), /"weight":\{"\$numberDecimal":"4.50"\}/);
    });

    it('is what JSON.stringify makes of aggregations', async () => {
      const pipeline = [{ $sort: { name: 1 } }, { $project: { name: 1, weight: 1 } }];
      for (const model of [Animal, Dog]) {
        const bytes = await model.aggregate(pipeline).toJSONBytes();
        assert.equal(String(bytes), JSON.stringify(await model.aggregate(pipeline)));
      }
    });

    it('is a function, too', async () => {
      const query = (): any => Animal.find().sort('name');
      assert.deepEqual(await toJSONBytes(query()), await query().toJSONBytes());
      assert.deepEqual(await toJSONBytes(Animal.findOne({ name: 'none' })), null);
      const aggregate = (): any => Animal.aggregate([{ $sort: { name: 1 } }]);
      assert.deepEqual(await toJSONBytes(aggregate()), await aggregate().toJSONBytes());
    });

    it('runs the middleware before it, and reads in a session', async () => {
      calls.length = 0;
      assert.equal(String(await Animal.find({}, null, { hidden: true }).toJSONBytes()), '[]');
      await Animal.aggregate([{ $limit: 1 }]).toJSONBytes();
      assert.deepEqual(calls, ['find', 'aggregate']);
      await mongoose.connection.transaction(async (session: any) => {
        await Animal.create([{ name: 'new' }], { session });
        const inside = await Animal.find({ name: 'new' }).session(session).toJSONBytes();
        assert.match(String(inside), /"name":"new"/);
        assert.equal(String(await Animal.find({ name: 'new' }).toJSONBytes()), '[]');
      });
      await Animal.deleteOne({ name: 'new' });
    });

    it('fails as the query does', async () => {
      await assert.rejects(Animal.find({ born: 'never' }).toJSONBytes(), { name: 'CastError' });
      await assert.rejects(Animal.find({ name: 'none' }).orFail().toJSONBytes(), {
        name: 'DocumentNotFoundError'
      });
      await assert.rejects(Animal.find({ $nonsense: 1 }).toJSONBytes(), /\$nonsense/);
      const query = Animal.find();
      await query.toJSONBytes();
      await assert.rejects(query.toJSONBytes(), /already executed/);
    });

    it('refuses what only Mongoose could do, and says what that is', async () => {
      const refused: Array<[() => any, RegExp]> = [
        [() => Animal.find().populate('friend'), /populate\(\)/],
        [() => Animal.find().lean({ virtuals: true }), /lean\(\{ virtuals \}\)/],
        [() => Animal.find().transform((all: unknown[]) => all.length), /transform\(\)/],
        [() => Animal.find().explain(), /explain\(\)/],
        [() => Animal.updateOne({}, { name: 'x' }), /the operation updateOne/],
        [() => mongoose.connection.aggregate([]), /of a connection/]
      ];
      for (const [query, message] of refused) await assert.rejects(query().toJSONBytes(), message);
      const hooked = new Schema({ name: String });
      hooked.post('find', () => undefined);
      const Hooked = mongoose.model('Hooked', hooked);
      await assert.rejects(Hooked.find().toJSONBytes(), /post\('find'\) middleware/);
    });

    it('is there with polypool alone', async () => {
      const other = new Mongoose();
      const first = install(other);
      const base = other.Query.prototype;
      assert.equal(typeof base.toJSONBytes, 'function');
      first();
    });
  });
}
