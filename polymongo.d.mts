// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import adapter from './polymongo.js';

export { adapter as PolyMongo };
export { adapter as PolyMongoWrapper };
export default adapter;
