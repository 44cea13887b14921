// Owns the routes: an API over books. Must not know which driver Mongoose has; nothing here would differ.

import express from 'express';
import mongoose from 'mongoose';
import { Author, Book } from './models.mjs';

/** The server's code for a value that a unique index has already. */
const DUPLICATE_KEY = 11000;
const MAX_LIMIT = 100;

export function createApp() {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '100kb' }));

  app.get('/health', (request, response) => {
    const isConnected = mongoose.connection.readyState === mongoose.STATES.connected;
    response.status(isConnected ? 200 : 503).json({ connected: isConnected });
  });

  app.get('/books', async (request, response) => {
    const limit = Math.min(Number(request.query.limit) || 20, MAX_LIMIT);
    response.json(await Book.find().sort('title').limit(limit).populate('author', 'name').lean());
  });

  app.get('/books/:id', async (request, response) => {
    response.json(await Book.findById(request.params.id).populate('author').orFail());
  });

  // The author is made with the first book, and neither without the other.
  app.post('/books', async (request, response) => {
    const { title, author, copies } = request.body ?? {};
    const book = await mongoose.connection.transaction(async session => {
      const options = { upsert: true, returnDocument: 'after', runValidators: true, session };
      const { _id } = await Author.findOneAndUpdate({ name: author }, {}, options);
      const [created] = await Book.create([{ title, author: _id, copies }], { session });
      return created;
    });
    response.status(201).location(`/books/${book.id}`).json(book);
  });

  app.post('/books/:id/lend', async (request, response) => {
    const book = await Book.lend(request.params.id);
    if (book === null) response.status(409).json({ error: 'No copy is left' });
    else response.json(book);
  });

  app.get('/authors/:name', async (request, response) => {
    const { name } = request.params;
    response.json(await Author.findOne({ name }).populate('books', 'title').orFail().lean());
  });

  app.use((request, response) => {
    response.status(404).json({ error: 'No such route' });
  });
  app.use(answerError);
  return app;
}

/** The status of an error; 500 for one that is not of the client's making. */
function statusOf({ name, code, status }) {
  if (name === 'DocumentNotFoundError') return 404;
  if (name === 'ValidationError' || name === 'CastError') return 400;
  if (code === DUPLICATE_KEY) return 409;
  return status >= 400 && status < 500 ? status : 500;
}

function answerError(error, request, response, next) {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = statusOf(error);
  if (status === 500) console.error(error);
  response.status(status).json({ error: status === 500 ? 'Internal error' : error.message });
}
