import { snappyContract } from '../../test/kernels/contract/snappy.ts';
import { snappyDecode, snappyDecodedSize } from './snappy-decode.ts';
import { SNAPPY_TABLE_LENGTH, snappyEncode, snappyEncodedSizeMax } from './snappy-encode.ts';

snappyContract({
  tableLength: SNAPPY_TABLE_LENGTH,
  encode: snappyEncode,
  encodedSizeMax: snappyEncodedSizeMax,
  decode: snappyDecode,
  decodedSize: snappyDecodedSize,
});
