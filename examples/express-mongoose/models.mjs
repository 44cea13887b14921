// Owns what is stored: authors and their books. Must not know how Mongoose is connected, nor HTTP.

import mongoose from 'mongoose';

const { Schema } = mongoose;

const authorSchema = new Schema({
  name: { type: String, required: true, trim: true, unique: true }
});
authorSchema.virtual('books', { ref: 'Book', localField: '_id', foreignField: 'author' });

const bookSchema = new Schema(
  {
    title: { type: String, required: true, trim: true },
    author: { type: Schema.Types.ObjectId, ref: 'Author', required: true, index: true },
    copies: { type: Number, default: 1, min: 0 }
  },
  { timestamps: true }
);

/** Lends a copy. Null when there is none left. */
bookSchema.statics.lend = function (id) {
  return this.findOneAndUpdate(
    { _id: id, copies: { $gt: 0 } },
    { $inc: { copies: -1 } },
    { returnDocument: 'after' }
  );
};

export const Author = mongoose.model('Author', authorSchema);
export const Book = mongoose.model('Book', bookSchema);
