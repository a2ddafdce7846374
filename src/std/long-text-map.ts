/** Texts from so many UTF-16 units on belong here. */
export const LONG_TEXT_UNITS = 4096;
/** Units of a text that are looked at to find it: those at its end, and others all over it. */
const LAST_UNITS = 64;
const SAMPLED_UNITS = 192;

/**
 * A map of long texts. V8's own takes all texts of 16,384 units and more that are equally long for the same until it has compared
 * them whole, which takes 60 µs for a megabyte; this one compares those that agree in some hundred units.
 */
export class LongTextMap<V> {
  readonly #lists = new Map<number, { readonly text: string; value: V }[]>();
  readonly #comparing: (units: number) => void;

  /** `comparing` is told of the units of each text that another one is compared with. */
  constructor(comparing: (units: number) => void) {
    this.#comparing = comparing;
  }

  get(text: string): V | undefined {
    return this.#find(this.#lists.get(sampleOf(text)), text)?.value;
  }

  set(text: string, value: V): void {
    const sample = sampleOf(text);
    const list = this.#lists.get(sample);
    const entry = this.#find(list, text);
    if (entry !== undefined) entry.value = value;
    else if (list === undefined) this.#lists.set(sample, [{ text, value }]);
    else list.push({ text, value });
  }

  #find(list: { readonly text: string; value: V }[] | undefined, text: string): { value: V } | undefined {
    if (list === undefined) return undefined;
    for (const entry of list) {
      if (entry.text.length !== text.length) continue;
      this.#comparing(text.length);
      if (entry.text === text) return entry;
    }
    return undefined;
  }
}

function sampleOf(text: string): number {
  const { length } = text;
  let hash = length;
  for (let i = Math.max(0, length - LAST_UNITS); i < length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  const step = Math.ceil(length / SAMPLED_UNITS);
  for (let i = 0; i < length; i += step) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
