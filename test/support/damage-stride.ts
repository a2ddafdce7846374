/**
 * How far apart the bytes are that a test damages by turns: `usual`, so that it takes a moment, or what NARTHEX_DAMAGE_STRIDE says,
 * of which 1 is every byte.
 */
export function damageStride(usual: number): number {
  return Number(process.env['NARTHEX_DAMAGE_STRIDE'] ?? usual);
}
