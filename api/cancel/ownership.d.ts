import { type ScopeNode } from "./tree.ts";
export declare function isOurs(scope: ScopeNode, error: unknown): boolean;
export declare function isCancellation(error: unknown, scope?: ScopeNode): boolean;
