/** All chunks, as one. */
export async function collect(
  next: () => Promise<Uint8Array | undefined>,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await next(); chunk !== undefined; chunk = await next()) chunks.push(chunk);
  return join(chunks);
}

/** Chunks as one. */
export function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [first] = chunks;
  // Most bodies come in one piece, in a buffer that may be the engine's own, and larger.
  if (chunks.length === 1 && first!.buffer.byteLength === first!.byteLength) {
    if (first!.constructor === Uint8Array) return first as Uint8Array<ArrayBuffer>;
  }
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
