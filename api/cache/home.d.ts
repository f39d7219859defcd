export interface Errand {
    begin(): void;
}
export declare class Home {
    #private;
    constructor();
    call<T>(fn: () => T): T;
    promiseOf<T>(value: T): Promise<T>;
    soon(errand: Errand): void;
    run(errand: Errand): void;
}
