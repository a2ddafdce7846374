// Of these one each will do, since nobody can change them; a typed array of its own takes 200 bytes and more even without an entry.

export const NO_FLOATS = new Float64Array(0);
export const NO_INT32 = new Int32Array(0);
export const NO_UINT32 = new Uint32Array(0);
