import { crc32cContract } from '../../test/kernels/contract/crc32c.ts';
import { crc32c } from './crc32c.ts';

crc32cContract(crc32c);
