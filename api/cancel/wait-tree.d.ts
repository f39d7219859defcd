import type { CancelScope } from "./scope.ts";
export declare function waitTree(of: CancelScope | Iterable<unknown>): string;
