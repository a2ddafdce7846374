import { varintContract } from '../../test/kernels/contract/varint.ts';
import * as varint from './varint.ts';

varintContract(varint);
