// Owns a comparison that anybody can repeat: the same reads with Mongoose on its own driver and on
// polypool, taking turns in one process. Prints ratios, above 1 where polypool is better.

import mongoose from 'mongoose';
import { install } from 'polypool/mongoose';

const uri = process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/measure';
const ROUNDS = 7;
/** Operations under way at a time. */
const IN_FLIGHT = 64;

const stock = new mongoose.Mongoose();
const own = new mongoose.Mongoose();
install(own);

const models = [];
for (const instance of [stock, own]) {
  await instance.connect(uri);
  const schema = new instance.Schema({ n: Number, name: String, tags: [String], nested: Object });
  models.push(instance.model('Measured', schema));
}
await models[0].deleteMany({});
const text = 'x'.repeat(100);
await models[0].insertMany(
  Array.from({ length: 10_000 }, (_, n) => ({ n, name: text, tags: ['a', 'b'], nested: { text } }))
);
const [{ _id }] = await models[0].find().limit(1);

/** What is measured: each does one round's work on a model. */
const WORK = {
  'findOne().lean()': model => parallel(() => model.findOne({ _id }).lean(), 2_000),
  'find().lean() of 10,000': model => model.find().lean(),
  'find() of 10,000, hydrated': model => model.find(),
  'create()': model => parallel(() => model.create({ n: -1, name: text }), 500)
};

async function parallel(run, count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

/** Milliseconds by the clock, and of this process's processor time. */
async function measured(work) {
  const [since, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: performance.now() - since, cpu: (user + system) / 1_000 };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

for (const [name, work] of Object.entries(WORK)) {
  const results = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, model] of models.entries()) {
      const result = await measured(() => work(model));
      // The first round warms up.
      if (round > 0) results[i].push(result);
    }
  }
  const ratio = of => median(results[0].map(of)) / median(results[1].map(of));
  const [wall, cpu] = [ratio(({ wall }) => wall), ratio(({ cpu }) => cpu)];
  console.log(
    `${name.padEnd(28)} ${wall.toFixed(2)} times as fast, 1/${cpu.toFixed(2)} of the CPU`
  );
}
await models[0].deleteMany({});
await Promise.all([stock.disconnect(), own.disconnect()]);
