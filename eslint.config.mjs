// What the linter holds every file to: the driver's surface is typed strictly, imports run one way,
// files and functions stay small. How code looks is Prettier's business, not this file's.

import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = [
  'lib/**/*.ts',
  '__test__/**/*.ts',
  'bench/**/*.ts',
  'conformance/**/*.ts',
  'fuzz/**/*.ts'
];
const SCRIPTS = ['**/*.mjs', '**/*.cjs', '**/*.js'];

/** The thin classes, what assembles them and what is built on them: nothing below may import these. */
const SURFACE = '(index|connect|pool|db|admin|collection|session|change-stream|gridfs/.*)';

/**
 * Bans on imports for one part of `lib/`. A later block of the configuration replaces an earlier
 * one's options, so each part states all of its own.
 *
 * @param {{ bson?: boolean, patterns?: object[] }} [part] `bson`: may import the package
 */
function imports({ bson = false, patterns = [] } = {}) {
  return [
    'error',
    {
      paths: [
        {
          name: 'mongodb',
          allowTypeImports: true,
          message: 'Only its types: the driver itself must not load at start.'
        },
        ...(bson ? [] : [{ name: 'bson', message: 'Import it through lib/bson/bson.ts.' }])
      ],
      patterns: [
        {
          regex: '^mongodb/',
          message: 'Load it at first use, by a require that says why in its disable comment.'
        },
        {
          regex: '^\\.\\.?(/index|/)?$',
          message: 'The entry is for users; import the file itself.'
        },
        ...patterns
      ]
    }
  ];
}

const noAddon = {
  regex: '^\\.\\.?/(.*/)?binding$',
  message: 'Only lib/bridge knows the native addon.'
};

/**
 * Bans what lies above a folder: the surface and the `folders` named. Types are erased, so they may
 * come from above.
 *
 * @param {string[]} folders
 */
function noneAbove(...folders) {
  return {
    regex: `^\\.\\./(${[...folders.map(folder => `${folder}/.*`), SURFACE].join('|')})$`,
    allowTypeImports: true,
    message: 'Imports run one way: surface, cursor and bulk, operations, bridge, bson.'
  };
}

/**
 * Bans what is outside of `lib/adapters`, so many folders up: adapters have polypool as users have it, and
 * one way in besides. Types are erased.
 *
 * @param {number} depth of the files below `lib`
 * @param {string} exception what they may import all the same
 */
function noneOutside(depth, exception) {
  return {
    regex: `^(\\.\\./){${depth}}(?!${exception}$)[^.]`,
    allowTypeImports: true,
    message: "Import 'polypool', as users do; what they have not is in lib/adapters/internals.ts."
  };
}

/**
 * Bans everything above a leaf, which anybody may import.
 *
 * @param {boolean} types whether types may come from above
 */
function noneAboveLeaf(types) {
  return {
    regex: `^\\.\\.?/((cursor|bulk|operations|bridge)/.*|${SURFACE})$`,
    allowTypeImports: types,
    message: 'A leaf imports nothing of the layers above it.'
  };
}

const SIZES = {
  'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }]
};

/** Rules of JavaScript itself, for both languages. */
const BASICS = {
  curly: ['error', 'multi-line'],
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-else-return': 'error',
  'no-lonely-if': 'error',
  'no-var': 'error',
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'prefer-template': 'error'
};

/** What the compiler proves for TypeScript and nobody proves for scripts. */
const UNTYPED = {
  'constructor-super': 'error',
  'for-direction': 'error',
  'getter-return': 'error',
  'no-async-promise-executor': 'error',
  'no-class-assign': 'error',
  'no-compare-neg-zero': 'error',
  'no-cond-assign': 'error',
  'no-const-assign': 'error',
  'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
  'no-control-regex': 'error',
  'no-dupe-args': 'error',
  'no-dupe-class-members': 'error',
  'no-dupe-else-if': 'error',
  'no-dupe-keys': 'error',
  'no-duplicate-case': 'error',
  'no-empty': 'error',
  'no-ex-assign': 'error',
  'no-fallthrough': 'error',
  'no-func-assign': 'error',
  'no-import-assign': 'error',
  'no-loss-of-precision': 'error',
  'no-redeclare': 'error',
  'no-self-assign': 'error',
  'no-setter-return': 'error',
  'no-shadow-restricted-names': 'error',
  'no-this-before-super': 'error',
  'no-undef': 'error',
  'no-unreachable': 'error',
  'no-unsafe-finally': 'error',
  'no-unsafe-negation': 'error',
  'no-unsafe-optional-chaining': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all' }],
  'no-useless-catch': 'error',
  'require-yield': 'error',
  'use-isnan': 'error',
  'valid-typeof': 'error'
};

/** The globals of Node.js that scripts use. */
const NODE = Object.fromEntries(
  [
    'AbortController',
    'AbortSignal',
    'Buffer',
    'DOMException',
    'Event',
    'EventTarget',
    'Response',
    'TextDecoder',
    'TextEncoder',
    'URL',
    'URLSearchParams',
    'clearImmediate',
    'clearInterval',
    'clearTimeout',
    'console',
    'fetch',
    'global',
    'performance',
    'process',
    'queueMicrotask',
    'setImmediate',
    'setInterval',
    'setTimeout',
    'structuredClone'
  ].map(name => [name, 'readonly'])
);

/** Where strictness finds no faults, or asks for what the compiler's settings rule out. */
const RELAXED = {
  // `noUncheckedIndexedAccess` makes every index possibly undefined; `!` states why it is not.
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  // Callers in JavaScript pass what the types rule out; to look is what the surface is for.
  '@typescript-eslint/no-unnecessary-condition': 'off',
  // The driver's signatures name type parameters that stand for the caller's documents.
  '@typescript-eslint/no-unnecessary-type-parameters': 'off'
};

const STRICT = {
  '@typescript-eslint/consistent-type-exports': 'error',
  '@typescript-eslint/consistent-type-imports': [
    'error',
    { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }
  ],
  '@typescript-eslint/explicit-member-accessibility': ['error', { accessibility: 'no-public' }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all' }],
  '@typescript-eslint/prefer-readonly': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true }
  ],
  'no-restricted-syntax': [
    'error',
    { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
    { selector: 'ExportSpecifier[exported.name="default"]', message: 'Export by name.' },
    {
      selector: 'ExportNamedDeclaration > VariableDeclaration[kind!="const"]',
      message: 'Export a function: the build exports values as they are when a file has run.'
    },
    { selector: 'TSEnumDeclaration', message: 'Use an `as const` object or a union.' },
    {
      selector:
        ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"])[accessibility="private"]',
      message: 'Use a #private member: it stays private at run time.'
    },
    { selector: 'TSParameterProperty[accessibility="private"]', message: 'Use a #private field.' }
  ]
};

export default defineConfig(
  globalIgnores(['dist/', 'target/', 'coverage/', 'npm/', '*.d.ts', '*.d.mts', 'lib/binding.d.ts']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  {
    files: SCRIPTS,
    languageOptions: { ecmaVersion: 2024, sourceType: 'module', globals: NODE },
    rules: { ...BASICS, ...UNTYPED, ...SIZES }
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { ...NODE, __dirname: 'readonly', module: 'writable', require: 'readonly' }
    }
  },

  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked],
    rules: { ...BASICS, ...SIZES, ...STRICT, ...RELAXED }
  },
  {
    files: ['lib/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: "The process is its owner's to end." },
        { object: 'process', property: 'abort', message: "The process is its owner's to end." }
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-restricted-imports': imports({ patterns: [noAddon] })
    }
  },
  {
    files: ['lib/db.ts', 'lib/collection.ts', 'lib/session.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [
          noAddon,
          {
            regex: '^\\./(connect|pool)$',
            allowTypeImports: true,
            message: 'A pool makes databases, and these make collections; never the other way.'
          }
        ]
      })
    }
  },
  {
    files: ['lib/cursor/**/*.ts', 'lib/bulk/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({ patterns: [noAddon, noneAbove()] })
    }
  },
  {
    // Built on databases and collections, as a user would; it is handed them.
    files: ['lib/gridfs/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneAbove('cursor', 'bridge')]
      })
    }
  },
  {
    files: ['lib/change-streams/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneAbove('adapters', 'bulk')]
      })
    }
  },
  {
    files: ['lib/dedicated/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneAbove('adapters', 'cursor', 'bulk')]
      })
    }
  },
  {
    // What watches over a pool is handed what it watches.
    files: ['lib/{driver,events,health,leaks,logs,shutdown}/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneAbove('adapters', 'cursor', 'bulk', 'operations', 'bridge')]
      })
    }
  },
  ...[
    { files: ['lib/adapters/*.ts'], depth: 1, exception: 'internals' },
    { files: ['lib/adapters/*/*.ts'], depth: 2, exception: 'nothing' },
    { files: ['lib/adapters/*/*/*.ts'], depth: 3, exception: 'nothing' }
  ].map(({ files, depth, exception }) => ({
    files,
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneOutside(depth, exception)]
      })
    }
  })),
  {
    files: ['lib/operations/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneAbove('cursor', 'bulk')]
      })
    }
  },
  {
    files: ['lib/bridge/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noneAbove('cursor', 'bulk', 'operations')]
      })
    }
  },
  {
    files: ['lib/bson/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneAbove('cursor', 'bulk', 'operations', 'bridge')]
      })
    }
  },
  {
    files: ['lib/bson/bson.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': imports({ bson: true }) }
  },
  {
    files: ['lib/*.ts'],
    ignores: ['lib/{index,connect,pool,db,admin,collection,session,change-stream}.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneAboveLeaf(true)]
      })
    }
  },
  {
    // What everything else may import knows nothing above it, not even types.
    files: ['lib/error.ts', 'lib/concern.ts', 'lib/bson/options.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': imports({
        patterns: [noAddon, noneAboveLeaf(false)]
      })
    }
  },

  {
    files: ['__test__/**/*.ts', 'bench/**/*.ts', 'conformance/**/*.ts', 'fuzz/**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      // A suite is one long function, and the runner awaits what it registers.
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' }
          ]
        }
      ],
      // Tests hand over what the types forbid, to see it refused.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off'
    }
  }
);
