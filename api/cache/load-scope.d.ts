import { CancelScope } from "../cancel/scope.ts";
import type { WaitQueue } from "../cancel/wait.ts";
export interface Awaited {
    readonly line: WaitQueue | undefined;
    readonly pinned: boolean;
    readonly begun: boolean;
}
export declare class LoadScope extends CancelScope {
    set deadlineAt(value: number);
}
