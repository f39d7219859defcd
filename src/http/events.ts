/** What happens to a request. */
export type HttpEvent =
  /** It waits for a place, or the time of its origin. */
  | { readonly kind: "queued"; readonly url: string; readonly method: string }
  /** It has a place and is sent. */
  | {
      readonly kind: "start";
      readonly url: string;
      readonly method: string;
      readonly attempt: number;
      /** How long it has waited. */
      readonly waitedMs: number;
    }
  /** The headers of the response are there. */
  | {
      readonly kind: "headers";
      readonly url: string;
      readonly method: string;
      readonly attempt: number;
      readonly status: number;
      /** How long that took. */
      readonly ms: number;
    }
  | {
      readonly kind: "redirect";
      readonly url: string;
      readonly method: string;
      readonly to: string;
    }
  /** It is sent again after `delayMs`. */
  | {
      readonly kind: "retry";
      readonly url: string;
      readonly method: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: unknown;
    }
  /** It is over: its body was read or is not wanted, or it has failed. */
  | {
      readonly kind: "end";
      readonly url: string;
      readonly method: string;
      readonly attempts: number;
      readonly bytes: number;
      /** From the call on. */
      readonly ms: number;
      /** What it has failed with. */
      readonly error?: unknown;
    };
