export interface Errand {
    begin(): void;
}
export declare class Home {
    #private;
    constructor();
    soon(errand: Errand): void;
    run(errand: Errand): void;
}
