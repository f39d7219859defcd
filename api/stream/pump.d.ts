import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
export interface Closable {
    readonly reading: boolean;
    close(): Promise<void>;
}
export interface Work {
    readonly name: string;
    readonly inlets: ReadonlySet<Closable>;
    readonly run: (scope: CancelScope) => Promise<void>;
    readonly ended: () => void;
}
export declare class Pump {
    #private;
    readonly signal: AbortSignal | undefined;
    failure: {
        readonly error: unknown;
    } | undefined;
    interrupted: boolean;
    constructor(work: Work, options: WaitOptions | undefined);
    get begun(): boolean;
    get cancelled(): boolean;
    refusal(): Promise<never> | undefined;
    begin(): void;
    tell(): void;
    checkOutside(): void;
    stop(): Promise<void>;
    cancellation(): unknown;
}
