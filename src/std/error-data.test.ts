import { describe, expect, it } from 'vitest';
import { DamagedFile } from '../tsdb/damaged-file.ts';
import { errorFromData, errorToData } from './error-data.ts';
import { FileSystemError, hasCode } from './file-system.ts';

function across(error: unknown): Error {
  return errorFromData(structuredClone(errorToData(error)));
}

describe('errorFromData()', () => {
  it('keeps class, code and message of a file system error', () => {
    const cause = Object.assign(new Error('x'), { code: 'ENOSPC' });
    const error = across(new FileSystemError('write', '/a: b/c', cause));
    expect(error).toBeInstanceOf(FileSystemError);
    expect(hasCode(error, 'ENOSPC')).toBe(true);
    expect(error.message).toBe('Cannot write /a: b/c: no space left on the device');
  });

  it('keeps the reason of a code that has no words of its own', () => {
    const error = new FileSystemError('read', '/a', Object.assign(new Error('odd: thing'), { code: 'EODD' }));
    expect(across(error).message).toContain('thing');
  });

  it('keeps name and fields of any other error', () => {
    const error = across(new DamagedFile('/index', 17, 'the magic number differs'));
    expect(error).toMatchObject({ name: 'DamagedFile', path: '/index', offset: 17 });
    expect(error.message).toBe('Cannot read /index at offset 17: the magic number differs');
    expect(error.stack).toContain('DamagedFile');
  });

  it('takes what is no error', () => {
    expect(across('text').message).toBe('text');
  });
});
