// Owns what is stored. Must not know how Mongoose is connected.

import mongoose from 'mongoose';

const noteSchema = new mongoose.Schema(
  { text: { type: String, required: true, trim: true, maxlength: 280 } },
  { timestamps: true }
);

/** A hot reload evaluates this again, and finds the model made. */
export const Note = mongoose.models.Note ?? mongoose.model('Note', noteSchema);
