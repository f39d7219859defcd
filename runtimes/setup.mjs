// Runs before each test file, on the runtime that is tested.
import { beforeAll, vi } from "vitest";
import { exclusionOf } from "./exclusions.mjs";

/** The file as the list of exclusions names it. */
function nameOf(file) {
  return file.slice(file.lastIndexOf("/test/") + 1);
}

function nameInFull(task) {
  const names = [];
  for (let at = task; at !== undefined && at !== at.file; at = at.suite) names.unshift(at.name);
  return names.join(" ");
}

function kindOfThis() {
  if (globalThis.Deno !== undefined) return "deno";
  if (globalThis.Bun !== undefined) return "bun";
  if (globalThis.process?.versions?.node !== undefined) return "node";
  return navigator.userAgent.includes("Chrome/") ? "chromium" : "unknown";
}

const expected = process.env["CORRAL_RUNTIME"];
if (kindOfThis() !== expected) {
  throw new Error(`Cannot test on ${expected}: the tests run on ${kindOfThis()}`);
}

// As between the files of a process: in a page, a spy that a file has taken back itself would be taken
// back once more in the middle of another file, and the fake timers there with it.
vi.restoreAllMocks();

function leaveOut(tasks) {
  for (const task of tasks) {
    if (task.type === "suite") leaveOut(task.tasks);
    else if (exclusionOf(expected, nameOf(task.file.filepath), nameInFull(task)) !== undefined) {
      // Before any of its hooks has run, as if it were `test.skip`.
      task.mode = "skip";
    }
  }
}

// oxlint-disable-next-line no-empty-pattern -- a hook gets the suite as its second argument
beforeAll(({}, suite) => leaveOut(suite.tasks));
