import { FileSystemError } from './file-system.ts';

/**
 * An error as it crosses from one thread to another: its class is told by its name, and whatever plain fields it has go
 * with it.
 */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

export function errorToData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: null, fields: {} };
  const fields: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(error)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') fields[key] = value;
  }
  return { name: error.name, message: error.message, stack: error.stack ?? null, fields };
}

/** The error again. Of the classes only `FileSystemError` comes back as it was; of the others the name and fields. */
export function errorFromData({ name, message, stack, fields }: ErrorData): Error {
  const isOfFiles = name === 'FileSystemError';
  const cause = new Error(message.slice(message.lastIndexOf(': ') + 2));
  const error = isOfFiles
    ? new FileSystemError(String(fields['action']), String(fields['path']), cause, String(fields['code']))
    : new Error(message);
  for (const [key, value] of Object.entries(isOfFiles ? {} : { ...fields, name })) {
    Object.defineProperty(error, key, { value, configurable: true, enumerable: key !== 'name', writable: true });
  }
  if (stack !== null) error.stack = stack;
  return error;
}
