/** Runs code in another realm: a frame's. */
export function runInNewContext(code, values = {}) {
  const frame = document.createElement("iframe");
  document.body.append(frame);
  Object.assign(frame.contentWindow, values);
  return frame.contentWindow.eval(code);
}
