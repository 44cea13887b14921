// Owns filling the databases of the demo: the countries of each region, anew at each run.
// Must not know about HTTP.

import { connect } from 'polypool';
import countries from 'world-countries';
import { fromDataSet } from './country.mjs';
import { TENANTS, countriesOf } from './tenants.mjs';

const pool = await connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017');
try {
  for (const tenant of TENANTS) {
    const documents = countries
      .filter(({ region }) => region.toLowerCase() === tenant)
      .map(fromDataSet);
    await countriesOf(pool, tenant).deleteMany({});
    await countriesOf(pool, tenant).insertMany(documents);
    console.log(`${tenant}: ${documents.length} countries`);
  }
} finally {
  await pool.close();
}
