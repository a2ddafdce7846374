/** CRC-32C by 16 tables of 256 words, as `src/kernels/crc32c.ts` has it. In the memory of each kernel the tables begin at 1 KiB. */

export const CRC_TABLES: usize = 1024;

export function makeTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ ((value & 1) != 0 ? 0x82f63b78 : 0);
    store<u32>(CRC_TABLES + (byte << 2), value);
  }
  for (let i: u32 = 256; i < 4096; i++) {
    const shorter = load<u32>(CRC_TABLES + ((i - 256) << 2));
    store<u32>(CRC_TABLES + (i << 2), (shorter >>> 8) ^ load<u32>(CRC_TABLES + ((shorter & 0xff) << 2)));
  }
}

// @ts-ignore
@inline function table(which: u32, byte: u32): u32 {
  return load<u32>(CRC_TABLES + (which << 10) + (byte << 2));
}

/** CRC-32C of bytes. */
export function crc32c(from: usize, to: usize): u32 {
  let crc: u32 = 0xffffffff;
  let at = from;
  for (; at + 16 <= to; at += 16) {
    const a = load<u64>(at) ^ <u64>crc;
    const b = load<u64>(at, 8);
    crc =
      table(15, <u32>(a & 0xff)) ^
      table(14, <u32>((a >> 8) & 0xff)) ^
      table(13, <u32>((a >> 16) & 0xff)) ^
      table(12, <u32>((a >> 24) & 0xff)) ^
      table(11, <u32>((a >> 32) & 0xff)) ^
      table(10, <u32>((a >> 40) & 0xff)) ^
      table(9, <u32>((a >> 48) & 0xff)) ^
      table(8, <u32>(a >> 56)) ^
      table(7, <u32>(b & 0xff)) ^
      table(6, <u32>((b >> 8) & 0xff)) ^
      table(5, <u32>((b >> 16) & 0xff)) ^
      table(4, <u32>((b >> 24) & 0xff)) ^
      table(3, <u32>((b >> 32) & 0xff)) ^
      table(2, <u32>((b >> 40) & 0xff)) ^
      table(1, <u32>((b >> 48) & 0xff)) ^
      table(0, <u32>(b >> 56));
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ table(0, (crc ^ load<u8>(at)) & 0xff);
  return ~crc;
}
