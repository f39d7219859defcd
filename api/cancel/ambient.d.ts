import { type ScopeNode } from "./tree.ts";
export declare function currentNode(): ScopeNode | undefined;
export declare function within<T>(node: ScopeNode, fn: (node: never) => T): T;
export declare function detached<T>(fn: () => T): T;
export declare function setAmbient(on: boolean): void;
