import type { ScopeNode } from "./tree.ts";
import { type Wait, WaitQueue } from "./wait.ts";
export declare function weightOf(wait: Wait): number;
export declare class SlotLine extends WaitQueue {
    #private;
    readonly slots: Slots;
    constructor(slots: Slots, kind: string, target: unknown);
}
export declare class Slots {
    #private;
    readonly line: SlotLine;
    held: number;
    constructor(total: number, kind: string, target: unknown);
    get total(): number;
    set total(value: number);
    enter(weight?: number): boolean;
    queue(place: ScopeNode | undefined, signal: AbortSignal | undefined, payload: unknown): Wait<Wait>;
    begin(): void;
    leave(weight?: number): void;
    left(_wait: Wait): void;
    next(): Wait | undefined;
    handOver(): void;
    admit(_wait: Wait): object | undefined;
    revoke(_permit: object): void;
    idle(): void;
}
