// Packages that are loaded as they are, and not bundled: polypool has an addon, and Mongoose has to be the
// one copy that polypool was installed into.
export default {
  serverExternalPackages: ['polypool', 'mongoose']
};
