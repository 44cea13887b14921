// Owns the JSON API of a team. The model is the one of the other routes: here it is in the team's database.

import { tenantRoute } from 'polypool/tenants';
import { pool, teamDatabase } from '../../../../../lib/teams';
import { Note } from '../../../../../models/note';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

export const GET = tenantRoute(pool, teamDatabase, async () => {
  const bytes = await Note.find().sort('-createdAt').limit(20).toJSONBytes();
  return new Response(bytes, { headers: { 'content-type': 'application/json' } });
});

export const POST = tenantRoute(pool, teamDatabase, async request => {
  const { text } = await request.json();
  return Response.json(await Note.create({ text }), { status: 201 });
});
