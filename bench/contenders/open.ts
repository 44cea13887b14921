// Owns who takes part where a server is involved, and opening them all or none.
// Must not know what they will be asked to do.

import type { Contender } from './contender';
import { openMongoDB } from './mongodb';
import { openMongoose, openMongooseLean } from './mongoose';
import { openPolyPool } from './polypool';

/** In the order they take turns. */
const CONTENDERS = [openPolyPool, openMongoDB, openMongoose, openMongooseLean];

/** Connects every contender; if one fails, closes those that had connected. */
export async function openContenders(uri: string, database: string): Promise<Contender[]> {
  const opened: Contender[] = [];
  try {
    for (const open of CONTENDERS) opened.push(await open(uri, database));
  } catch (error) {
    await closeContenders(opened);
    throw error;
  }
  return opened;
}

export async function closeContenders(contenders: readonly Contender[]): Promise<void> {
  await Promise.all(contenders.map(contender => contender.close()));
}
