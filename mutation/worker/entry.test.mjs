// The one test file of a run: it loads those of the bundle that have a test to run.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, inject } from "vitest";

/** @type {any} */
const run = inject("run");
const { mode, bundle, libraryBundle, wanted } = run;

process.env.CORRAL_MODE = mode === "leaks" ? "ambient" : mode;
if (mode === "explicit") Reflect.deleteProperty(process, "getBuiltinModule");
if (mode === "leaks") {
  setFlagsFromString("--expose-gc");
  globalThis.gc = runInNewContext("gc");
}
// The same runs each time; and that one fails is enough to know.
fc.configureGlobal({ seed: 1, endOnFailure: true });

const { library, files } = await import(bundle);

// What a bundle has of `vi.resetModules()` and an import after it.
let copy = 0;
globalThis.nextCopy = () => copy++;
globalThis.loadCopy = async (path) => {
  const of = copy === 0 ? { library } : await import(`${libraryBundle}?copy=${copy}`);
  return of.library[path]();
};

for (const load of Object.values(library)) load();
for (const file of wanted) {
  globalThis["__stryker__"].currentTestId = file;
  describe(file, () => void files[file]());
}
