/** The bytes of completions: this side of the golden file that `src/bridge/completion.rs` writes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { deserialize, serialize } from 'bson';
import type { KeptCalls } from '../../../lib/bridge/kept-batch.ts';
import { Completions, kind, type OnEvent, type Reply } from '../../../lib/bridge/completion.ts';
import { EVENT_NAMES } from '../../../lib/events/kinds.ts';
import { Slots } from '../../../lib/bridge/slots.ts';

const GOLDEN = path.join(import.meta.dirname, 'golden/completions.bin');
const HEADER = 16;

/** A record as Rust writes it. */
function record(slot: number, generation: number, kindOf: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER + payload.length);
  bytes.writeUInt32LE(slot, 0);
  bytes.writeUInt32LE(generation, 4);
  bytes[8] = kindOf;
  bytes.writeUInt32LE(payload.length, 12);
  payload.copy(bytes, HEADER);
  return bytes;
}

/** An event as it comes off the boundary. */
type Told = [hold: number, event: string, record: Buffer];

/** Drains that write `chunks`, one each. */
function draining(
  slots: Slots,
  chunks: Buffer[],
  rooms: number[] = [],
  onEvent: OnEvent = () => assert.fail('there is no event'),
  keptCalls: KeptCalls = {
    read: () => assert.fail(),
    text: () => assert.fail(),
    drop: () => assert.fail()
  }
): Completions {
  const drain = (slab: Buffer, offset: number): number => {
    rooms.push(slab.length - offset);
    return chunks.shift()?.copy(slab, offset) ?? 0;
  };
  const take = (): ArrayBuffer => new ArrayBuffer(1024 * 1024);
  return new Completions(slots, drain, take, keptCalls, onEvent);
}

function bytesOf({ buffer, start, end }: Reply): Buffer {
  return buffer.subarray(start, end);
}

/** Opens slots until `slot` is open, at `generation`; returns what settles it. */
function open(slots: Slots, replies: Map<number, Reply>, slot: number, generation: number): void {
  for (;;) {
    const opened = slots.open(reply => replies.set(slot, reply));
    if (opened === slot && slots.generation(slot) === generation) return;
    if (opened === slot) slots.release(slot);
  }
}

describe('Completions', () => {
  it('reads the golden completions that the other side writes', () => {
    const slots = new Slots();
    const replies = new Map<number, Reply>();
    for (const slot of [1, 2, 3, 4]) open(slots, replies, slot, slot * 10);
    open(slots, replies, 5, 1);
    open(slots, replies, 7, 70);
    const rooms: number[] = [];
    const told: Told[] = [];
    const dropped: number[] = [];
    const keptCalls = {
      read: () => assert.fail(),
      text: () => assert.fail(),
      drop: (batch: number) => dropped.push(batch)
    };
    const onEvent: OnEvent = (hold, event, record) => {
      told.push([hold, EVENT_NAMES[event]!, bytesOf(record)]);
    };
    draining(slots, [readFileSync(GOLDEN)], rooms, onEvent, keptCalls).drain();

    const payload = (slot: number): Buffer => bytesOf(replies.get(slot)!);
    assert.deepEqual(told, [
      [7, 'commandStarted', Buffer.alloc(0)],
      [8, 'serverOpening', Buffer.from(serialize({ address: 'a:1' }))],
      [9, 'serverHeartbeatFailed', Buffer.alloc(0)]
    ]);
    assert.equal(replies.get(1)!.kind, kind.DOCUMENT);
    assert.deepEqual(deserialize(payload(1)), { ok: 1 });
    assert.equal(replies.get(2)!.kind, kind.BATCH);
    assert.equal(payload(2).readUInt32LE(0), 4);
    assert.equal(payload(2).readUInt32LE(4), 1);
    assert.deepEqual(deserialize(payload(2).subarray(8)), { x: 1 });
    assert.equal(replies.get(3)!.kind, kind.DONE);
    assert.equal(replies.get(4)!.kind, kind.ERROR);
    assert.equal(deserialize(payload(4))['code'], 'POLYPOOL_CLOSED');
    assert.equal(payload(5).length, 1024 * 1024);
    const kept = replies.get(7)!;
    assert.equal(kept.kind, kind.KEPT);
    assert.deepEqual([payload(7).readUInt32LE(0), payload(7).readUInt32LE(4)], [5, 2]);
    kept.kept!.drop();
    assert.deepEqual(dropped, [1], 'a kept batch is known by its number');
    assert.equal(rooms.length, 2, 'the record that did not fit asks for another drain');
  });

  it('reports an event before it settles the promise whose completion comes after it', () => {
    const slots = new Slots();
    const order: string[] = [];
    const slot = slots.open(() => order.push('settled'));
    const chunk = Buffer.concat([
      record(1, 0, kind.EVENT, Buffer.from(serialize({}))),
      record(slot, 0, kind.DONE, Buffer.alloc(0)),
      record(1, 1, kind.EVENT, Buffer.from(serialize({})))
    ]);
    draining(slots, [chunk], [], (_, event) => order.push(`event ${event}`)).drain();
    assert.deepEqual(order, ['event 0', 'settled', 'event 1']);
  });

  it('gives a large reply memory of its own', () => {
    const slots = new Slots();
    let reply: Reply | undefined;
    const slot = slots.open(settled => (reply = settled));
    const large = record(slot, 0, kind.DOCUMENT, Buffer.alloc(200_000, 7));
    const more = record(0, 0, kind.MORE, Buffer.alloc(0));
    more.writeUInt32LE(large.length + HEADER, 12);
    const rooms: number[] = [];
    draining(slots, [more, large], rooms).drain();
    assert.equal(rooms[1], large.length + HEADER);
    assert.equal(reply!.end - reply!.start, 200_000);
  });

  it('never writes where a reply lies', () => {
    const slots = new Slots();
    const replies: Reply[] = [];
    const chunks: Buffer[] = [];
    const completions = draining(slots, chunks);
    for (let i = 0; i < 1_000; i++) {
      const slot = slots.open(reply => replies.push(reply));
      const payload = Buffer.alloc(500, i % 251);
      chunks.push(record(slot, slots.generation(slot), kind.DOCUMENT, payload));
      completions.drain();
    }
    replies.forEach((reply, i) => {
      const payload = reply.buffer.subarray(reply.start, reply.end);
      assert.ok(payload.equals(Buffer.alloc(500, i % 251)), `reply ${i} was overwritten`);
    });
  });
});

describe('Slots', () => {
  it('does not settle a later promise of the slot by a late completion', () => {
    const slots = new Slots();
    const settled: string[] = [];
    const slot = slots.open(() => settled.push('first'));
    slots.release(slot);
    assert.equal(
      slots.open(() => settled.push('second')),
      slot
    );
    slots.settle(slot, 0, {} as Reply);
    assert.deepEqual(settled, []);
    slots.settle(slot, 1, {} as Reply);
    assert.deepEqual(settled, ['second']);
  });

  it('counts the promises that wait', () => {
    const slots = new Slots();
    const [first, second] = [slots.open(() => undefined), slots.open(() => undefined)];
    assert.equal(slots.pending, 2);
    slots.settle(first, 0, {} as Reply);
    assert.equal(slots.pending, 1);
    slots.settle(second, 0, {} as Reply);
    assert.equal(slots.pending, 0);
  });
});
