import type { CancelScope } from "./scope.ts";
import { type ScopeNode } from "./tree.ts";
export declare function isOurs(scope: ScopeNode, error: unknown): boolean;
export declare function isCancellation(error: unknown, scope?: CancelScope): boolean;
