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
    owner: ScopeNode | undefined;
    before: Member | undefined;
    after: Member | undefined;
    abstract reach(under: Sweep, node: ScopeNode): void;
    swept(): void;
}
export declare class Link extends Member {
    readonly target: Member;
    constructor(target: Member);
    reach(under: Sweep, node: ScopeNode): void;
    swept(): void;
}
export declare class ScopeNode extends Member {
    first: Member | undefined;
    last: Member | undefined;
    parent: ScopeNode | undefined;
    link: Link | undefined;
    error: CancelledError | undefined;
    rejection: Promise<never> | undefined;
    selfCancelled: boolean;
    shielded: boolean;
    daemon: boolean;
    ended: boolean;
    controller: AbortController | undefined;
    readonly foreign: AbortSignal | undefined;
    constructor(foreign?: AbortSignal);
    reach(under: Sweep): void;
    get refusal(): unknown;
    occupied(): void;
    vacated(): void;
}
export declare function leaveTree(node: ScopeNode): void;
export declare function attach(node: ScopeNode, member: Member): void;
export declare function detach(member: Member): void;
export declare function refused(error: unknown): Promise<never>;
export declare function ignore(): void;
export declare function cancelNode(node: ScopeNode, reason: unknown): void;
export declare function sweep(root: ScopeNode, error: CancelledError): void;
export declare function openNode(node: ScopeNode | undefined): ScopeNode | undefined;
export declare function outerNode(node: ScopeNode): ScopeNode | undefined;
