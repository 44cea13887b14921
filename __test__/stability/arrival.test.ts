/** A server that comes long after its clients: how soon `connect()` is done, with nothing but defaults. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'polypool';
import { startMongod } from '../support/mongod.ts';

/** How long the server is away, in milliseconds. */
const ABSENCE_MS = 20_000;
/** How long a connect may take once its server is there, in milliseconds. */
const ARRIVAL_MS = 5_000;

it('connects soon after a server that comes 20 s late', async t => {
  const mongod = await startMongod();
  try {
    await mongod.kill(0);
    const connecting = connect(mongod.uri, { shared: false });
    await sleep(ABSENCE_MS);
    await mongod.restart(0);
    const listens = performance.now();
    await mongod.waitForPrimary();
    const elected = performance.now();
    const pool = await connecting;
    const now = performance.now();
    const figures = `${(now - listens).toFixed()} ms after it listened`;
    t.diagnostic(`connected ${figures}, ${(now - elected).toFixed()} ms after its election`);
    await pool.close();
    assert.ok(now - listens < ARRIVAL_MS, figures);
  } finally {
    await mongod.stop();
  }
});
