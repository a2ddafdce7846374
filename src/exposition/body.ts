/**
 * A scrape body in a buffer with room behind it: the scan kernel runs without bounds checks of its own because the
 * bytes behind the body, a newline and zeros, stop every loop.
 */
export interface Body {
  bytes: Uint8Array;
  /** Over the same bytes. */
  view: DataView;
  /** How many bytes of the buffer are the body. */
  size: number;
}

/** Bytes that a body's buffer needs behind the body. */
export const BODY_PADDING = 16;

/** An empty body with room for `capacity` bytes. */
export function createBody(capacity: number): Body {
  const bytes = new Uint8Array(capacity + BODY_PADDING);
  return { bytes, view: new DataView(bytes.buffer), size: 0 };
}

/** A copy of the bytes as a body. */
export function bodyFromBytes(bytes: Uint8Array): Body {
  const body = createBody(bytes.length);
  appendToBody(body, bytes);
  return sealBody(body);
}

/** Puts bytes behind those that the body has; its buffer is replaced by one twice as large where it is too small. */
export function appendToBody(body: Body, bytes: Uint8Array): void {
  const size = body.size + bytes.length;
  if (size + BODY_PADDING > body.bytes.length) {
    const grown = createBody(Math.max(size, 2 * body.bytes.length));
    grown.bytes.set(body.bytes.subarray(0, body.size));
    body.bytes = grown.bytes;
    body.view = grown.view;
  }
  body.bytes.set(bytes, body.size);
  body.size = size;
}

/** Writes what has to stand behind a complete body. */
export function sealBody(body: Body): Body {
  body.bytes[body.size] = 0x0a;
  body.bytes.fill(0, body.size + 1, body.size + BODY_PADDING);
  return body;
}
