import { type Wait, WaitQueue } from "../cancel/wait.ts";
export interface Store<T> {
    readonly size: number;
    push(item: T): void;
    shift(): T;
}
export declare class Offer<T> {
    readonly item: T;
    readonly end: object | undefined;
    constructor(item: T, end?: object);
}
export interface Reservation {
    readonly end: object;
    readonly slot: () => unknown;
}
export declare const END: unique symbol;
export interface Taker {
    readonly end: object | undefined;
    readonly iterates: boolean;
}
export interface Closing {
    readonly error: () => unknown;
    readonly orderly: boolean;
}
export declare class Exchange<T> {
    #private;
    store: Store<T>;
    readonly capacity: number;
    readonly givers: WaitQueue;
    readonly takers: WaitQueue<T>;
    reserved: number;
    shut: Closing | undefined;
    end: Closing | undefined;
    constructor(kind: string, store: Store<T>, capacity: number, target: unknown);
    accepted(): void;
    left(_wait: Wait): void;
    refused(wait: Wait, error: unknown): void;
    hasRoom(): boolean;
    offer(item: T): boolean;
    take(): {
        readonly value: T;
    } | undefined;
    refill(): void;
    fill(item: T): void;
    stopGiving(closing: Closing): void;
    stopTaking(closing: Closing): void;
    ended(): Closing | undefined;
    settle(): void;
}
