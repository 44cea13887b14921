// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

export * from './index.js';
