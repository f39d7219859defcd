export interface Kept {
    readonly key: unknown;
    readonly size: number;
    list: object | undefined;
    previous: Kept | undefined;
    next: Kept | undefined;
    mark: number;
}
export interface EvictionPolicy {
    admit(entry: Kept): void;
    hit(entry: Kept): void;
    remove(entry: Kept): void;
    victim(): Kept | undefined;
}
export type Eviction = (capacity: number) => EvictionPolicy;
