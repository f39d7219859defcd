export interface Rate {
    limit: number;
    perMs: number;
    burst: number;
}
export interface Meter {
    at(n: number, from: number): number;
    take(n: number, time: number): void;
    giveBack(n: number, time: number): void;
    settle(time: number, perMs: number): void;
    room(time: number): number;
    copy(): Meter;
}
