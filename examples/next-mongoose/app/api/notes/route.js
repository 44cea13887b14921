// Owns the JSON API: GET gives the latest notes, POST adds one.

import { database } from '../../../lib/database';
import { Note } from '../../../models/note';

/** polypool is an addon, which the edge runtime can't load. */
export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

export async function GET() {
  await database();
  // Made in Rust: no document becomes an object.
  const bytes = await Note.find().sort('-createdAt').limit(20).toJSONBytes();
  return new Response(bytes, { headers: { 'content-type': 'application/json' } });
}

export async function POST(request) {
  await database();
  const body = await request.json().catch(() => null);
  try {
    const note = await Note.create({ text: body?.text });
    return Response.json(note, { status: 201 });
  } catch (error) {
    if (error.name !== 'ValidationError') throw error;
    return Response.json({ error: error.message }, { status: 400 });
  }
}
