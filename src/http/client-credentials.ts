import { readFile } from 'node:fs/promises';
import type { HttpClientSettings } from './client-settings.ts';

/**
 * The headers that say who the client is, and those that the configuration adds. Files are read anew for each request,
 * so that rotated secrets take effect at once.
 *
 * @throws Error naming the file that can not be read
 */
export async function credentialHeaders(settings: HttpClientSettings): Promise<Record<string, string | string[]>> {
  const headers: Record<string, string | string[]> = {};
  const { basicAuth, authorization } = settings;
  if (basicAuth !== null) {
    const username = await textOrFile(basicAuth.username, basicAuth.usernameFile, 'basic auth username');
    const password = await textOrFile(basicAuth.password, basicAuth.passwordFile, 'basic auth password');
    headers['Authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  if (authorization !== null) {
    const credentials = await textOrFile(
      authorization.credentials,
      authorization.credentialsFile,
      'authorization credentials',
    );
    headers['Authorization'] = `${authorization.type.trim() || 'Bearer'} ${credentials}`;
  }
  for (const [name, sources] of Object.entries(settings.headers)) {
    const values = [...sources.values, ...sources.secrets];
    for (const file of sources.files) values.push(await textOrFile('', file, 'headers'));
    headers[name] = values;
  }
  return headers;
}

async function textOrFile(text: string, file: string, what: string): Promise<string> {
  if (file === '') return text;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new Error(`unable to read ${what} file ${file}: ${(cause as Error).message}`, { cause });
  }
}
