import js from '@eslint/js';
import compat from 'eslint-plugin-compat';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist',
      'node_modules',
      'uploads',
      'embeddings',
      'model',
      'npy',
      '.cache',
      '.state',
      '.quarantine',
      'test/tmp',
    ],
  },
  js.configs.recommended,
  {
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'SpreadElement > ObjectExpression', message: 'Write the properties out: a spread adds nothing.' },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
    },
  },
  {
    // Files of src/ that import each other in a circle; test/unit/architecture.test.ts counts imports of types, too.
    files: ['src/**/*.ts'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [importX.createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: { 'import-x/no-cycle': ['error', { ignoreExternal: true }] },
  },
  {
    // tsc checks these files against the browser's own names (tsconfig.public.json).
    files: ['public/**/*.js'],
    rules: { 'no-undef': 'off', eqeqeq: 'error' },
  },
  {
    // What browsers run must exist in the oldest of them: `browserslist` in package.json.
    files: ['public/**/*.js', 'src/client/**/*.ts'],
    ...compat.configs['flat/recommended'],
    rules: {
      ...compat.configs['flat/recommended'].rules,
      // The plugin does not know static functions. `randomUUID` is missing on pages over plain HTTP.
      'no-restricted-properties': [
        'error',
        ...[
          ['AbortSignal', 'any'],
          ['URL', 'canParse'],
          ['Promise', 'withResolvers'],
          ['Promise', 'try'],
          ['Array', 'fromAsync'],
          ['Object', 'groupBy'],
          ['Map', 'groupBy'],
          ['crypto', 'randomUUID'],
        ].map(([object, property]) => ({ object, property, message: 'Not in the oldest supported browsers.' })),
      ],
    },
  },
  {
    files: ['bin/**/*.js', 'scripts/**/*.js', 'packaging/**/*.js', 'examples/**/*.mjs', 'eslint.config.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
