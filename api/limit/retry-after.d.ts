type Fields = Readonly<Record<string, string | readonly string[] | number | undefined>>;
export type ReplyHeaders = {
    get(name: string): string | null | undefined;
} | Fields;
export type Reply = ReplyHeaders | {
    readonly headers: ReplyHeaders;
    readonly status?: number | undefined;
    readonly statusCode?: number | undefined;
};
export declare function retryAfterMs(reply: Reply): number;
export {};
