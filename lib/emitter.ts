/**
 * Node.js's event emitter, with the driver's types for what listeners get. At run time it is that
 * emitter and nothing else.
 */
import { EventEmitter } from 'node:events';
import type { EventsDescription, TypedEventEmitter } from 'mongodb';

/** The constructor that the driver's emitters are typed by, with the emitter's static members. */
type TypedEmitterClass = (abstract new <
  Events extends EventsDescription
>() => TypedEventEmitter<Events>) &
  Omit<typeof EventEmitter, 'prototype'>;

export const TypedEmitter = EventEmitter as unknown as TypedEmitterClass;
