import { CancelledError } from "./errors.ts";
export declare const scopeKey: unique symbol;
export type ScopeSignal = AbortSignal & {
    readonly [scopeKey]?: ScopeNode;
};
export interface Sweep {
    readonly error: CancelledError;
    readonly nodes: ScopeNode[];
    readonly waits: Swept[];
    sorted: boolean;
    readonly heard: ScopeNode[];
}
export interface Swept {
    readonly order: number;
    reject(): void;
    leave(): void;
}
export declare abstract class Member {
}
export declare class Link extends Member {
    readonly target: Member;
    readonly node: ScopeNode;
    constructor(target: Member, node: ScopeNode);
    reach(under: Sweep, node: ScopeNode): void;
    swept(): void;
}
export declare class ScopeNode extends Member {
    constructor(foreign?: AbortSignal);
}
export declare function leaveTree(node: ScopeNode): void;
export declare function attach(node: ScopeNode, member: Member): void;
export declare function detach(member: Member | undefined): void;
export declare function quiet<T>(promise: Promise<T>): Promise<T>;
export declare function refused(error: unknown): Promise<never>;
export declare function ignore(): void;
export declare function cancelNode(node: ScopeNode, reason: unknown): void;
export declare function sweep(root: ScopeNode, error: CancelledError): void;
export declare function openNode(node: ScopeNode | undefined): ScopeNode | undefined;
export declare function outerNode(node: ScopeNode): ScopeNode | undefined;
