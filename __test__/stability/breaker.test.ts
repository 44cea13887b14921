/** What a refusal by an open circuit costs: nothing is waited for, and no server is asked. Prints its figures. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PolyPool, type CircuitOpenError } from 'polypool';
import { startMongod, uniqueDatabase } from '../support/mongod.ts';
import { Proxy } from '../support/proxy.ts';

const REFUSALS = 2_000;
/** Microseconds that the median of refusals may take, many times what it takes on a busy machine. */
const MEDIAN_US = 5_000;
/** Long enough for all of them on any machine, in milliseconds. */
const OPEN_MS = 600_000;

describe('An open circuit', () => {
  it('refuses in microseconds', { timeout: 120_000 }, async t => {
    const mongod = await startMongod();
    const proxy = await Proxy.before(mongod.ports[0]!);
    const pool = new PolyPool(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, {
      breaker: { failures: 1, openMS: OPEN_MS },
      serverSelectionTimeoutMS: 200
    });
    const documents = pool.db(uniqueDatabase()).collection('c');
    try {
      await documents.findOne({});
      proxy.fault('up', { kind: 'reset' });
      const refusal = async (): Promise<CircuitOpenError> =>
        await documents.findOne({}).then(
          () => assert.fail('It was answered'),
          (error: unknown) => error as CircuitOpenError
        );
      while ((await refusal()).name !== 'CircuitOpenError');
      const { refused } = pool.stats().circuit!;
      const times: number[] = [];
      for (let i = 0; i < REFUSALS; i++) {
        const began = performance.now();
        const { code, retryAfterMS } = await refusal();
        times.push((performance.now() - began) * 1_000);
        assert.equal(code, 'POLYPOOL_CIRCUIT_OPEN');
        assert.ok(retryAfterMS > 0 && retryAfterMS <= OPEN_MS);
      }
      const together = performance.now();
      await Promise.all(Array.from({ length: REFUSALS }, refusal));
      const each = ((performance.now() - together) * 1_000) / REFUSALS;
      times.sort((a, b) => a - b);
      const at = (part: number): string => times[Math.floor(part * REFUSALS)]!.toFixed(0);
      t.diagnostic(
        `refused in ${at(0.5)} µs (p50), ${at(0.9)} µs (p90), ${at(0.99)} µs (p99); ` +
          `${each.toFixed(1)} µs each, ${REFUSALS} at a time`
      );
      assert.equal(pool.stats().circuit!.refused - refused, 2 * REFUSALS);
      assert.ok(times[REFUSALS / 2]! < MEDIAN_US, `${at(0.5)} µs`);
    } finally {
      await pool.close();
      await proxy.close();
      await mongod.stop();
    }
  });
});
