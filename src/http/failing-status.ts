import { headersOf } from "./engine.ts";
import { HttpStatusError, HttpTimeoutError, mayPass } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { isMeant } from "./redirect.ts";
import type { Prepared } from "./request.ts";

/** So much of the body of a response that is no success goes into its error. */
const ERROR_BYTES = 2_048;

/** Whether a response is no success, where that is an error: 304 and a redirect are if nobody asked for them. */
export function isFailing(status: number, request: Prepared): boolean {
  return (status < 200 || status > 299) && status !== 304 && !isMeant(status, request);
}

/** The error that the status of a response is, without its body. */
export function statusOf({ request, response }: Exchange): HttpStatusError {
  const { status, statusText = "", headers } = response;
  const head = { url: request.url, status, statusText, headers: headersOf(headers) };
  return new HttpStatusError(request, head, "");
}

/** The same with the first of the body, of which the rest is discarded. */
export async function readStatus(exchange: Exchange): Promise<HttpStatusError> {
  const { body, request } = exchange;
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let left = ERROR_BYTES; left > 0;) {
      const chunk = await body.read();
      if (chunk === undefined) break;
      text += decoder.decode(chunk.subarray(0, left), { stream: true });
      left -= chunk.byteLength;
    }
  } catch (error) {
    // The status says more than that its explanation has not come.
    if (!mayPass(error) || (error instanceof HttpTimeoutError && error.phase === "total"))
      throw error;
  }
  await exchange.discard();
  return new HttpStatusError(request, statusOf(exchange).response, text);
}
