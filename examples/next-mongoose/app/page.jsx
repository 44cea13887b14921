// Owns the page: the latest notes, and a form that adds one by a server action.

import { revalidatePath } from 'next/cache';
import { database } from '../lib/database';
import { Note } from '../models/note';

export const dynamic = 'force-dynamic';

async function add(form) {
  'use server';
  await database();
  await Note.create({ text: form.get('text') });
  revalidatePath('/');
}

export default async function Page() {
  const connection = await database();
  const notes = await Note.find().sort('-createdAt').limit(20).lean();
  return (
    <main>
      <h1>Notes</h1>
      <form action={add}>
        <input name="text" required maxLength={280} />
        <button>Add</button>
      </form>
      <ul>
        {notes.map(note => (
          <li key={String(note._id)}>{note.text}</li>
        ))}
      </ul>
      <footer>on a {connection.getClient().constructor.name}</footer>
    </main>
  );
}
