/** Health checks of pools that are none: what they may be asked, and how they tell whose time it was. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { internal } from '../../support/internal.ts';

const { checkHealth } = internal<typeof import('../../../lib/health/health.ts')>('health/health');
const { HealthMonitor } = internal<typeof import('../../../lib/health/checks.ts')>('health/checks');
const { ProcessMeter } =
  internal<typeof import('../../../lib/health/process.ts')>('health/process');

/** A pool whose server answers when it is told to, and what it says of those that wait. */
function connected(answer: () => Promise<object> = () => Promise.resolve({ ok: 1 })) {
  const crowd = { waiting: 0, checkingOut: 0, inUse: 1 };
  let pings = 0;
  const pool = {
    state: 'connected',
    degraded: false,
    isConnected: () => true,
    stats: () => ({
      total: {},
      waitQueue: {},
      topology: 'ReplicaSetWithPrimary',
      generation: 1,
      servers: [{ checkingOut: crowd.checkingOut, inUse: crowd.inUse, max: 2 }],
      operations: { byDatabase: new Map([['admin', crowd]]) }
    }),
    db: () => ({
      command: () => {
        pings += 1;
        return answer();
      }
    })
  };
  return { pool: pool as never, crowd, pings: () => pings };
}

/** Limits that a busy machine does not reach. */
const CALM = { degradedMS: 20_000, unhealthyMS: 25_000, maxDelayMS: 20_000 };

describe('The options of a health check', () => {
  const check = (options: unknown) => checkHealth(connected().pool, new ProcessMeter(), options);

  it('are told by their path when they are wrong', async () => {
    const wrong: Array<[options: unknown, message: RegExp]> = [
      ['ping', /options must be an object/],
      [{ level: 'toString' }, /options\.level must be one of connection, .*, got "toString"/],
      [{ timeoutMS: 'abc' }, /options\.timeoutMS must be a number .*, got "abc"/],
      [{ timeoutMS: -1 }, /options\.timeoutMS .*, got -1/],
      [{ degradedMS: 'x' }, /options\.degradedMS/],
      [{ unhealthyMS: NaN }, /options\.unhealthyMS/],
      [{ maxDelayMS: {} }, /options\.maxDelayMS/],
      [{ maxLagMS: true }, /options\.maxLagMS/],
      [{ minOplogWindowMS: '1' }, /options\.minOplogWindowMS/],
      [{ maxHeapUse: 90 }, /options\.maxHeapUse must be from 0 to 1, got 90/],
      [{ database: 5 }, /options\.database/],
      [{ collection: '' }, /options\.collection/],
      [{ version: 1 }, /options\.version/]
    ];
    for (const [options, message] of wrong) {
      const health = await check(options);
      assert.equal(health.status, 'unhealthy', String(message));
      assert.match(health.checks.database.message, message);
    }
  });

  it('are not given when they are null', async () => {
    const nothing = Object.fromEntries(
      ['level', 'timeoutMS', 'maxHeapUse', 'database', 'version'].map(name => [name, null])
    );
    assert.equal((await check({ ...CALM, ...nothing })).status, 'healthy');
  });

  it('may be no limit, and one that no timer can wait for', async () => {
    for (const timeoutMS of [0, 2 ** 32, Infinity]) {
      const health = await check({ ...CALM, timeoutMS });
      assert.equal(health.status, 'healthy', `${timeoutMS}: ${health.checks.database.message}`);
    }
  });
});

describe('A pool that checks its health by itself', () => {
  it('does so no sooner when the interval is longer than a timer can wait', t => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const { pool, pings } = connected();
    const monitor = new HealthMonitor(
      pool,
      2 ** 32,
      () => true,
      () => undefined
    );
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    t.mock.timers.tick(60_000);
    assert.equal(pings(), 0);
    t.mock.timers.tick(2 ** 31);
    assert.equal(pings(), 1);
    monitor.stop();
    process.off('warning', note);
    assert.deepEqual(warnings, []);
  });
});

describe('A ping that waits for its place in the pool', () => {
  const LIMITS = { degradedMS: 100, unhealthyMS: 500, maxDelayMS: 20_000 };

  /** Checks a pool whose ping gets its place, and its answer, after so many milliseconds. */
  async function check(t: TestContext, placeMS: number, answerMS: number, state: object = {}) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const clock = { now: 0 };
    t.mock.method(performance, 'now', () => clock.now);
    let answer: (reply: object) => void = () => undefined;
    const asked = new Promise<object>(resolve => (answer = resolve));
    const { pool, crowd } = connected(() => asked);
    Object.assign(crowd, { waiting: placeMS > 0 ? 1 : 0, ...state });
    const checked = checkHealth(pool, new ProcessMeter(), LIMITS);
    while (clock.now < answerMS) {
      if (clock.now >= placeMS) crowd.waiting = 0;
      clock.now += 1;
      t.mock.timers.tick(1);
    }
    answer({ ok: 1 });
    const { status, checks } = await checked;
    return { ...checks.database, status };
  }

  it('is degraded, and says so, however long that took', async t => {
    const { status, latencyMS, waitMS, message } = await check(t, 798, 800);
    assert.equal(status, 'degraded');
    assert.match(
      message,
      /The ping took 800 ms, \d+ ms of which it waited for a place in the pool/
    );
    assert.ok(waitMS! >= 0.8 * 798 - 1 && waitMS! <= 798, `waited ${waitMS} ms`);
    assert.equal(latencyMS! + waitMS!, 800);
  });

  it('is unhealthy when the database takes long after it', async t => {
    const { status, latencyMS, message } = await check(t, 300, 1_500);
    assert.equal(status, 'unhealthy', message);
    assert.ok(latencyMS! >= 1_200 && latencyMS! <= 1_260, `${latencyMS} ms`);
  });

  it('is told from one that waits for a connection to be opened', async t => {
    const busy = await check(t, 0, 800, { checkingOut: 1, inUse: 2 });
    assert.deepEqual([busy.status, busy.waitMS! > 0], ['degraded', true]);
    t.mock.reset();
    const opening = await check(t, 0, 800, { checkingOut: 1, inUse: 1 });
    assert.deepEqual([opening.status, opening.waitMS], ['unhealthy', 0]);
  });

  it('is told apart from one that the database lets wait', async t => {
    const { status, latencyMS, waitMS, message } = await check(t, 0, 800);
    assert.deepEqual([status, latencyMS, waitMS], ['unhealthy', 800, 0]);
    assert.equal(message, 'The ping took 800 ms');
  });
});
