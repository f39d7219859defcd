import { unread } from "./report.ts";
import type { HttpResponse } from "./response.ts";

/**
 * Gives a response to who waits for it, and holds neither after that: a response that nobody has any more
 * must be garbage while its request is under way, since that is how the place is taken back.
 */
export class Delivery {
  #resolve: ((response: HttpResponse) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(resolve: (response: HttpResponse) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @returns When the place has been given back. */
  readonly take = (response: HttpResponse): Promise<void> => {
    const { ended } = response;
    this.#resolve?.(response.watch(takeBack(response)));
    this.#resolve = this.#reject = undefined;
    return ended;
  };

  /** A failure after the response is that of its body, which tells whoever reads it. */
  readonly fail = (error: unknown): void => {
    this.#reject?.(error);
    this.#resolve = this.#reject = undefined;
  };
}

/** In a function of its own: it must not hold the response. */
function takeBack({ url, abandon }: HttpResponse): () => void {
  return () => {
    if (abandon()) unread(url, "the response is garbage");
  };
}
