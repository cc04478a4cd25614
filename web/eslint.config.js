import { readdirSync } from 'node:fs';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const features = readdirSync(new URL('./src/features', import.meta.url));

/** Imports are written from `@/`, and go one way: app → features → components, shared, lib. */
const upward = {
  regex: `^\\.\\./(\\.\\./|${features.join('/|')}/)`,
  message: 'Import from @/ instead.',
};
const restrict = (patterns) => ['error', { patterns: [upward, ...patterns] }];
const noFeatures = { regex: '^@/features', message: 'This layer does not know the features.' };
const noApp = { regex: '^@/app', message: 'Only app/ and main.tsx know app/.' };
const others = (own) => ({
  regex: `^@/features/(?!${own}/)`,
  message: 'Features do not know each other: app/ brings them together.',
});

export default tseslint.config(
  { ignores: ['dist', 'src/shared/websocket/generated.ts'] },
  ...tseslint.configs.strict,
  hooks.configs.flat['recommended-latest'],
  {
    rules: {
      'no-console': 'error',
      // It is for the React Compiler, which is not used here.
      'react-hooks/incompatible-library': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 250 }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-restricted-imports': restrict([]),
    },
  },
  {
    files: ['src/lib/**', 'src/shared/**', 'src/components/**'],
    rules: { 'no-restricted-imports': restrict([noFeatures, noApp]) },
  },
  ...features.map((name) => ({
    files: [`src/features/${name}/**`],
    rules: { 'no-restricted-imports': restrict([others(name), noApp]) },
  })),
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    ignores: ['src/shared/websocket/**', 'src/test/**', 'src/lib/part.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportDeclaration[source.value='react'] ImportSpecifier[imported.name='lazy']",
          message: 'lazyPart (lib/part.ts) waits for a server that is away.',
        },
        {
          selector: "ImportDeclaration[source.value='phoenix']",
          message: 'Only shared/websocket speaks to the phoenix client.',
        },
        {
          selector:
            "CallExpression[callee.name='useMutation']:not(:has(Property[key.name='meta']))",
          message: 'Say what failed: meta.failed (lib/failures.ts); null where the caller says it.',
        },
        {
          selector:
            "CallExpression[callee.name='useMutation'] Property[key.name='onError'] CallExpression[callee.object.name='notify'][callee.property.name='error']",
          message: 'meta.failed says it; a second sentence would be one too many.',
        },
      ],
    },
  },
);
