export declare const UNWATCHED = -1;
export declare class Permit implements Disposable {
    #private;
    readonly weight: number;
    release(): void;
    [Symbol.dispose](): void;
    get released(): boolean;
    toString(): string;
}
