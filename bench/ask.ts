import { request } from 'undici';

/** The one value of an instant query's answer; NaN where the answer is empty. */
export async function instantNumber(url: string, expr: string, time?: number): Promise<number> {
  const query = new URLSearchParams({ query: expr, ...(time === undefined ? {} : { time: String(time / 1000) }) });
  const { statusCode, body } = await request(`${url}/api/v1/query?${query}`);
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`Cannot ask ${url} for ${expr}: status ${statusCode}: ${text.slice(0, 300)}`);
  const { data } = JSON.parse(text) as { data: { result: { value: [number, string] }[] } };
  return data.result[0] === undefined ? Number.NaN : Number(data.result[0].value[1]);
}
