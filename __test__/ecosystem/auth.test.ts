/** Auth.js keeps users, accounts, sessions and the tokens of sign-in mails through its adapter. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Auth, customFetch, type AuthConfig } from '@auth/core';
import type { Adapter, AdapterAccount } from '@auth/core/adapters';
import type { EmailConfig } from '@auth/core/providers/email';
import type { OAuth2Config } from '@auth/core/providers';
import { MongoDBAdapter } from '@auth/mongodb-adapter';
import { ObjectId } from 'mongodb';
import { Browser } from './browser.ts';
import { describeOnBoth, type Handed } from './both.ts';

const SITE = 'http://shop.example';
const DAY_MS = 86_400_000;

describeOnBoth('@auth/mongodb-adapter', on => {
  it('signs in by a mail with a link, keeps the session, signs out', async () => {
    const mails: string[] = [];
    const visitor = new Browser(site(on, mails));
    assert.equal(await sessionOf(visitor), null);

    await signIn(visitor, 'email', { email: 'ada@example.com' });
    assert.equal(mails.length, 1);
    assert.equal(await on.stored.collection('verification_tokens').countDocuments(), 1);
    await visitor.get(mails[0]!);
    assert.equal(await on.stored.collection('verification_tokens').countDocuments(), 0);

    const user = await on.stored.collection('users').findOne({ email: 'ada@example.com' });
    assert.ok(user?._id instanceof ObjectId);
    assert.ok(user['emailVerified'] instanceof Date);
    const session = await sessionOf(visitor);
    assert.equal(session?.user.email, 'ada@example.com');

    const csrfToken = await csrf(visitor);
    await visitor.post(`${SITE}/auth/signout`, { csrfToken });
    assert.equal(await sessionOf(visitor), null);
    assert.equal(await on.stored.collection('sessions').countDocuments({ userId: user._id }), 0);
  });

  it('takes a link only once', async () => {
    const mails: string[] = [];
    const send = site(on, mails);
    await signIn(new Browser(send), 'email', { email: 'grace@example.com' });
    const [first, second] = [new Browser(send), new Browser(send)];
    await first.get(mails[0]!);
    const refused = await second.get(mails[0]!);
    assert.match(refused.headers.get('location')!, /error=Verification/);
    assert.equal((await sessionOf(first))?.user.email, 'grace@example.com');
    assert.equal(await sessionOf(second), null);
  });

  it('signs in by an account elsewhere, and knows it again', async () => {
    const send = site(on, []);
    for (const visitor of [new Browser(send), new Browser(send)]) {
      const away = await signIn(visitor, 'forge', {});
      const { searchParams } = new URL(away);
      const back = new URLSearchParams({ code: 'any', state: searchParams.get('state')! });
      await visitor.get(`${SITE}/auth/callback/forge?${back}`);
      assert.equal((await sessionOf(visitor))?.user.name, 'Alan');
    }
    const users = await on.stored.collection('users').find({ name: 'Alan' }).toArray();
    assert.equal(users.length, 1);
    const accounts = await on.stored.collection('accounts').find({ provider: 'forge' }).toArray();
    assert.equal(accounts.length, 1);
    assert.ok(users[0]!._id.equals(accounts[0]!['userId']));
    assert.equal(accounts[0]!['access_token'], 'token of alan');
    const sessions = on.stored.collection('sessions');
    assert.equal(await sessions.countDocuments({ userId: users[0]!._id }), 2);
  });

  it('creates, finds, changes and deletes a user with all that is theirs', async () => {
    const adapter = open(on);
    const created = await adapter.createUser({
      id: '',
      name: 'Edsger',
      email: 'edsger@example.com',
      emailVerified: null
    });
    assert.match(created.id, /^[0-9a-f]{24}$/);
    assert.deepEqual(await adapter.getUser(created.id), created);
    assert.deepEqual(await adapter.getUserByEmail('edsger@example.com'), created);
    assert.equal(await adapter.getUserByEmail('nobody@example.com'), null);
    const changed = await adapter.updateUser({ id: created.id, name: 'E. W.' });
    assert.deepEqual(changed, { ...created, name: 'E. W.' });

    await adapter.linkAccount(account(created.id));
    await adapter.createSession(session(created.id, 'of edsger'));
    await adapter.deleteUser(created.id);
    assert.equal(await adapter.getUser(created.id), null);
    assert.equal(await adapter.getSessionAndUser('of edsger'), null);
    assert.equal(await on.stored.collection('accounts').countDocuments({ provider: 'lab' }), 0);
  });

  it('links and unlinks accounts', async () => {
    const adapter = open(on);
    const user = await adapter.createUser({ id: '', email: 'b@example.com', emailVerified: null });
    const key = { provider: 'lab', providerAccountId: '7' };
    await adapter.linkAccount(account(user.id));
    assert.deepEqual(await adapter.getUserByAccount(key), user);
    const unlinked = (await adapter.unlinkAccount(key)) as unknown as AdapterAccount;
    assert.equal(unlinked.userId, user.id);
    assert.equal(await adapter.getUserByAccount(key), null);
  });

  it('creates, moves and deletes sessions', async () => {
    const adapter = open(on);
    const user = await adapter.createUser({ id: '', email: 'c@example.com', emailVerified: null });
    const created = await adapter.createSession(session(user.id, 'a token'));
    const found = await adapter.getSessionAndUser('a token');
    assert.deepEqual(found, { user, session: created });
    const expires = new Date(created.expires.getTime() + DAY_MS);
    const moved = await adapter.updateSession({ sessionToken: 'a token', expires });
    assert.deepEqual(moved, { ...created, expires });
    await adapter.deleteSession('a token');
    assert.equal(await adapter.getSessionAndUser('a token'), null);
  });

  it('gives a verification token out once', async () => {
    const adapter = open(on);
    const token = { identifier: 'd@example.com', token: 'hash', expires: new Date(DAY_MS) };
    await adapter.createVerificationToken(token);
    const key = { identifier: token.identifier, token: token.token };
    assert.deepEqual(await adapter.useVerificationToken(key), token);
    assert.equal(await adapter.useVerificationToken(key), null);
  });

  it('takes the client from a function too, and gives it back after each use', async () => {
    const returned: unknown[] = [];
    const adapter = MongoDBAdapter(() => on.client, {
      databaseName: on.db.databaseName,
      collections: { Users: 'people' },
      onClose: async client => void returned.push(client)
    }) as Required<Adapter>;
    await adapter.createUser({ id: '', email: 'e@example.com', emailVerified: null });
    assert.equal(await on.stored.collection('people').countDocuments(), 1);
    assert.equal(returned.length, 1);
    assert.ok(returned[0] === on.client);
  });
});

function open(on: Handed): Required<Adapter> {
  return MongoDBAdapter(on.client, { databaseName: on.db.databaseName }) as Required<Adapter>;
}

function account(userId: string): AdapterAccount {
  return { userId, type: 'oauth', provider: 'lab', providerAccountId: '7' };
}

function session(userId: string, sessionToken: string) {
  return { userId, sessionToken, expires: new Date(Date.now() + DAY_MS) };
}

/** A site that Auth.js guards. Mails are not sent; their links are put into `mails`. */
function site(on: Handed, mails: string[]) {
  const config: AuthConfig = {
    adapter: open(on),
    // Every look at a session moves its end.
    session: { strategy: 'database', updateAge: 0 },
    providers: [byMail(mails), forge()],
    secret: 'of the site',
    basePath: '/auth',
    trustHost: true,
    logger: { error: () => undefined }
  };
  return (request: Request) => Auth(request, config);
}

function byMail(mails: string[]): EmailConfig {
  return {
    id: 'email',
    type: 'email',
    name: 'Mail',
    maxAge: 600,
    sendVerificationRequest: ({ url }) => void mails.push(url)
  };
}

/** Somebody else's site where visitors have accounts. It is called Forge, and knows only Alan. */
function forge(): OAuth2Config<{ id: number; name: string; email: string }> {
  return {
    id: 'forge',
    type: 'oauth',
    name: 'Forge',
    clientId: 'shop',
    clientSecret: 'of the shop',
    checks: ['state'],
    authorization: 'https://forge.example/authorize',
    token: 'https://forge.example/token',
    userinfo: 'https://forge.example/me',
    profile: ({ id, name, email }) => ({ id: String(id), name, email }),
    [customFetch]: async input => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      return pathname === '/token'
        ? Response.json({ access_token: 'token of alan', token_type: 'bearer', expires_in: 3600 })
        : Response.json({ id: 1912, name: 'Alan', email: 'alan@forge.example' });
    }
  };
}

/** @returns where the visitor is sent */
async function signIn(
  visitor: Browser,
  provider: string,
  form: Record<string, string>
): Promise<string> {
  const csrfToken = await csrf(visitor);
  const answer = await visitor.post(`${SITE}/auth/signin/${provider}`, { csrfToken, ...form });
  return answer.headers.get('location')!;
}

async function csrf(visitor: Browser): Promise<string> {
  const answer = await visitor.get(`${SITE}/auth/csrf`);
  const { csrfToken } = (await answer.json()) as { csrfToken: string };
  return csrfToken;
}

async function sessionOf(visitor: Browser) {
  const answer = await visitor.get(`${SITE}/auth/session`);
  return (await answer.json()) as { user: { name?: string; email: string } } | null;
}
