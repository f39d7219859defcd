export interface HttpTimeouts {
    totalMs?: number | undefined;
    attemptMs?: number | undefined;
    headersMs?: number | undefined;
    bodyIdleMs?: number | undefined;
}
export declare const usualTimeouts: Readonly<Record<keyof HttpTimeouts, number>>;
export declare function timeoutsOf(own: HttpTimeouts | undefined, pool: Readonly<Record<keyof HttpTimeouts, number>>): Readonly<Record<keyof HttpTimeouts, number>>;
export declare function checkTimeouts(action: string, timeouts: HttpTimeouts | undefined): void;
