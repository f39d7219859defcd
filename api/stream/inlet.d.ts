import type { CancelScope } from "../cancel/scope.ts";
import type { Closable } from "./pump.ts";
import { type Source } from "./source.ts";
export type Step<T> = IteratorResult<T, undefined>;
export declare const OVER: {
    readonly value: undefined;
    readonly done: true;
};
export declare class Inlet<T> implements Closable {
    #private;
    reading: boolean;
    constructor(source: Source<T>);
    read(scope: CancelScope): Step<T> | Promise<Step<T>>;
    close(): Promise<void>;
}
