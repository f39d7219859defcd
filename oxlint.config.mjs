import { defineConfig } from "oxlint";

/** Top to bottom: a folder of `src/` may import from itself and from those before it. */
const layers = [
  "internal",
  "cancel",
  "sync",
  "task",
  "channel",
  "limit",
  "stream",
  "cache",
  "resilience",
  "pool",
];

/** Each is an entry of its own, built only on what `src/index.ts` exports. */
const subpaths = ["http", "db", "workers", "rpc", "tasks", "distributed", "inspect", "testing"];

/** What single files of these are built on besides: an optional peer each. */
const peers = [{ files: ["src/http/undici.ts"], name: "http", peer: "undici" }];

/** Lets `files` import only what matches one of the globs of `allowed`. */
function fence(files, allowed, message) {
  // Each list undoes what the one before it said: all is forbidden, but what is allowed, but what
  // climbs out of an allowed folder again.
  const group = ["**", ...allowed.map((glob) => `!${glob}`), "./../**", "?*/*/../**"];
  const noOthers = ["error", { patterns: [{ group, message }] }];
  return { files, rules: { "no-restricted-imports": noOthers } };
}

const fences = [
  fence(["src/**"], [], "a new folder of src needs its place in oxlint.config.mjs"),
  fence(
    ["src/*.ts"],
    layers.map((layer) => `./${layer}/**`),
    "src/index.ts may import only from the layers",
  ),
  ...layers.map((layer, i) => {
    const below = layers.slice(0, i);
    return fence(
      [`src/${layer}/**`],
      ["./**", ...below.map((lower) => `../${lower}/**`)],
      `src/${layer} may import only from ${["itself", ...below].join(", ")}`,
    );
  }),
  ...subpaths.flatMap((name) => {
    const message = `src/${name} may import only from itself and src/index.ts`;
    return [
      fence([`src/${name}/*`], ["./**", "../index.ts"], message),
      fence([`src/${name}/*/**`], ["./**", "../*.ts", "../../index.ts"], message),
    ];
  }),
  ...peers.map(({ files, name, peer }) =>
    fence(
      files,
      ["./**", "../index.ts", peer],
      `${files.join(", ")} may import only from src/${name}, src/index.ts and ${peer}`,
    ),
  ),
];

export default defineConfig({
  plugins: ["typescript", "unicorn", "oxc", "import", "promise"],
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
  ignorePatterns: ["api", "bench", "dist", "examples/.out", "site"],
  categories: { correctness: "error", suspicious: "error" },
  rules: {
    eqeqeq: "error",
    "no-console": ["error", { allow: ["warn", "error"] }],
    // Does not see that a callback changes what a loop waits for.
    "no-unmodified-loop-condition": "off",
    "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    "no-var": "error",
    "prefer-const": "error",
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "import/no-named-as-default-member": "off",
    "promise/always-return": "off",
    "promise/no-promise-in-callback": "off",
    "typescript/await-thenable": "error",
    // The compiler's noImplicitReturns sees the same, and which returns are meant.
    "typescript/consistent-return": "off",
    "typescript/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
    "typescript/no-explicit-any": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    // What a runtime may or may not have is read through assertions.
    "typescript/no-unsafe-type-assertion": "off",
    "typescript/only-throw-error": [
      "error",
      { allowThrowingAny: true, allowThrowingUnknown: true },
    ],
    "typescript/switch-exhaustiveness-check": "error",
    "typescript/unbound-method": ["error", { ignoreStatic: true }],
    // Its replacement copies; a fresh array may be sorted where it is.
    "unicorn/no-array-sort": "off",
    "unicorn/prefer-add-event-listener": "off",
  },
  overrides: [
    {
      files: ["src/**"],
      rules: { "max-lines": ["error", { max: 200, skipBlankLines: true, skipComments: true }] },
    },
    // A list of names is no code: it is as long as the public API.
    { files: ["src/index.ts"], rules: { "max-lines": "off" } },
    { files: ["test/**", "examples/**"], rules: { "typescript/unbound-method": "off" } },
    { files: ["**/*.config.*"], rules: { "import/no-default-export": "off" } },
    {
      files: ["scripts/**", "examples/**", "soak/**", "runtimes/**", "mutation/**"],
      rules: { "no-console": "off" },
    },
    // Not compiled: what the tests need of a page is written in JavaScript.
    { files: ["runtimes/**"], rules: { "typescript/unbound-method": "off" } },
    ...fences,
  ],
});
