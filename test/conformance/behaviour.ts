import { test, TestRunner, type TestContext } from "vitest";

/** A behaviour that the suites of a reference implementation pin down. */
export interface ReferenceBehaviour {
  /** The suite it comes from, the heading of a table: `"TaskGroup"`, `"wait_for"`. */
  readonly area: string;
  /** Its name there: `"test_taskgroup_07"`. */
  readonly id: string;
  /** What it promises there, in one sentence. */
  readonly says: string;
}

/** A behaviour this library was tested for, and how it compares. */
export type TestedBehaviour = ReferenceBehaviour &
  (
    | { readonly verdict: "holds"; readonly because?: string }
    | { readonly verdict: "differs"; readonly because: string }
  );

/** A behaviour that has no counterpart here. */
export interface NotTransferable extends ReferenceBehaviour {
  /** Why it has none. */
  readonly because: string;
}

declare module "vitest" {
  interface TaskMeta {
    behaviour?: TestedBehaviour;
    notTransferable?: NotTransferable[];
  }
}

/**
 * Registers the test of a reference behaviour, as it is here, and its row in
 * `docs/conformance.md`.
 *
 * For `"differs"`, the test proves what this library does instead and `because` says why. To be in
 * the document, the test must be in this folder and pass.
 */
export function behaviour(
  row: TestedBehaviour,
  fn: (context: TestContext) => void | Promise<void>,
): void {
  test(`${row.area} ${row.id}: ${row.says}`, { meta: { behaviour: row } }, fn);
}

/** Records that a reference behaviour does not apply here: a row in the document, no test. */
export function notTransferable(row: NotTransferable): void {
  const { meta } = TestRunner.getCurrentSuite().file;
  meta.notTransferable = [...(meta.notTransferable ?? []), row];
}
