export interface Ranked {
    readonly key: number;
    readonly order: number;
    index: number;
}
export declare class RankHeap<T extends Ranked> {
    #private;
    get size(): number;
    get first(): T | undefined;
    push(item: T): void;
    remove(item: T): void;
    sorted(): T[];
}
