// Owns which database belongs to which team: each is a tenant. Must not know what is stored there.

import { notFound } from 'next/navigation';
import { database } from './database';
import { Note } from '../models/note';

const TEAMS = ['green', 'red'];

/** The pool under Mongoose, to which all teams' databases are one. */
export async function pool() {
  const connection = await database();
  const client = connection.getClient();
  // Once it is wrapped, this changes nothing.
  client.wrapModel(Note);
  return client;
}

/** The database of the team in a request's path. Only those that there are: anybody may ask for any. */
export async function teamDatabase(_request, { params }) {
  const { team } = await params;
  if (!TEAMS.includes(team)) notFound();
  return `${process.env.TEAMS_PREFIX ?? 'notes'}_${team}`;
}
