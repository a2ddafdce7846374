/**
 * How far apart the bytes are that a test damages by turns: `usual`, so that it takes a moment, or what NARTHEX_DAMAGE_STRIDE says,
 * of which 1 is every byte.
 */
export function damageStride(usual: number): number {
  return Number(process.env['NARTHEX_DAMAGE_STRIDE'] ?? usual);
}

/** The first byte to damage: with NARTHEX_DAMAGE_OFFSET runs can share the bytes among them. */
export function damageOffset(): number {
  return Number(process.env['NARTHEX_DAMAGE_OFFSET'] ?? 0);
}
