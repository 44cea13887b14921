/** Which events an emitter wants, by every way in which listeners come and go. */
import assert from 'node:assert/strict';
import { once, type EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { ListenedEmitter } from '../../../lib/events/emitter.ts';
import { bitOf, EVENT_NAMES } from '../../../lib/events/kinds.ts';

class Emitter extends ListenedEmitter {
  /** The masks that were told of, in order. */
  readonly masks: number[] = [];
  override onListening(): void {
    this.masks.push(this.wanted);
  }
}

const OPENING = bitOf('serverOpening');
const STARTED = bitOf('commandStarted');
const listener = (): void => undefined;

describe('ListenedEmitter', () => {
  for (const add of ['on', 'addListener', 'prependListener'] as const) {
    for (const remove of ['off', 'removeListener'] as const) {
      it(`wants what is listened for between ${add} and ${remove}`, () => {
        const emitter = new Emitter();
        emitter[add]('serverOpening', listener)[add]('serverOpening', listener);
        emitter[remove]('serverOpening', listener);
        assert.deepEqual(emitter.masks, [OPENING]);
        emitter[remove]('serverOpening', listener);
        assert.deepEqual(emitter.masks, [OPENING, 0]);
      });
    }
  }

  for (const add of ['once', 'prependOnceListener'] as const) {
    it(`wants one event for ${add}`, () => {
      const emitter = new Emitter();
      let heard = 0;
      emitter[add]('commandStarted', () => heard++);
      (emitter as EventEmitter).emit('commandStarted', {});
      (emitter as EventEmitter).emit('commandStarted', {});
      assert.equal(heard, 1);
      assert.deepEqual(emitter.masks, [STARTED, 0]);
    });
  }

  it('wants one event for the once() of node:events', async () => {
    const emitter = new Emitter();
    const event = once(emitter, 'commandStarted');
    assert.deepEqual(emitter.masks, [STARTED]);
    (emitter as EventEmitter).emit('commandStarted', 5);
    assert.deepEqual(await event, [5]);
    assert.deepEqual(emitter.masks, [STARTED, 0]);
  });

  it('wants nothing any more after removeAllListeners, of one event or of all', () => {
    const emitter = new Emitter();
    emitter.on('serverOpening', listener).on('commandStarted', listener);
    emitter.removeAllListeners('serverOpening');
    assert.deepEqual(emitter.masks, [OPENING, OPENING | STARTED, STARTED]);
    emitter.removeAllListeners();
    assert.equal(emitter.masks.at(-1), 0);
    emitter.on('serverOpening', listener);
    assert.equal(emitter.masks.at(-1), OPENING);
  });

  it('wants nothing for events that do not come from Rust', () => {
    const emitter = new Emitter();
    emitter.on('open', listener).on('close', listener).on('own', listener);
    assert.deepEqual(emitter.masks, []);
  });

  it('has a bit of its own for every kind', () => {
    const bits = EVENT_NAMES.map(bitOf);
    assert.equal(
      bits.reduce((all, bit) => all | bit, 0),
      2 ** EVENT_NAMES.length - 1
    );
  });
});
