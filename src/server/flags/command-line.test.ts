import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CommandLineError, commandLineFromArguments } from './command-line.ts';
import { FEATURE_EFFECTS } from './feature-effects.ts';
import { FEATURES } from './feature-table.ts';
import { FLAGS } from './flag-table.ts';
import { featuresMarkdown, flagsMarkdown, helpText } from './help.ts';
import { optionsFromCommandLine } from './options.ts';

const options = (...args: string[]) => optionsFromCommandLine(commandLineFromArguments(args));

function refusal(...args: string[]): { message: string; hint: string | null; exitCode: number } {
  try {
    options(...args);
  } catch (error) {
    if (error instanceof CommandLineError)
      return { message: error.message, hint: error.hint, exitCode: error.exitCode };
    throw error;
  }
  throw new Error(`${args.join(' ')} was accepted`);
}

test('flags take their value after = or as the next argument', () => {
  expect(options('--config.file=a.yml').config).toMatchObject({ file: 'a.yml', given: true });
  expect(options('--config.file', 'b.yml').config).toMatchObject({ file: 'b.yml', given: true });
  expect(options('--config.file=').config.file).toBe('');
  expect(options().config).toMatchObject({ file: 'prometheus.yml', given: false });
});

test('switches are turned on by name and off by --no-name, the last one wins nothing: twice is an error', () => {
  expect(options('--web.enable-lifecycle').web.enableLifecycle).toBe(true);
  expect(options('--no-scrape.adjust-timestamps').scrape.adjustTimestamps).toBe(false);
  expect(refusal('--web.enable-lifecycle', '--no-web.enable-lifecycle').message).toContain('cannot be repeated');
  expect(refusal('--web.enable-lifecycle=false')).toMatchObject({
    message: 'Error parsing command line arguments: unexpected false',
    hint: '--web.enable-lifecycle takes no value: give --web.enable-lifecycle or --no-web.enable-lifecycle.',
  });
});

test('lists grow with every occurrence and replace the default', () => {
  expect(options('--web.listen-address=[::1]:0').web.listenAddresses).toEqual(['[::1]:0']);
  expect(options('--web.listen-address=a:1', '--web.listen-address=b:2').web.listenAddresses).toEqual(['a:1', 'b:2']);
  expect(options().web.listenAddresses).toEqual(['0.0.0.0:9090']);
  expect(options('--enable-feature=a,b', '--enable-feature', 'c').features).toEqual(['a', 'b', 'c']);
});

test('values are typed', () => {
  const { storage, query, web, scrape } = options(
    '--storage.tsdb.retention.time=1d12h',
    '--storage.tsdb.wal-segment-size=10MB',
    '--query.max-samples=5e6',
    '--web.read-timeout=90s',
    '--scrape.timestamp-tolerance=1.5s',
    '--no-storage.tsdb.wal-compression',
  );
  expect(storage).toMatchObject({ retentionMs: 129_600_000, walSegmentBytes: 10_485_760, walCompression: 'none' });
  expect(query.samplesMax).toBe(5_000_000);
  expect(web.readTimeoutMs).toBe(90_000);
  expect(scrape.timestampToleranceMs).toBe(1500);
});

test('sizes of files that do not work are refused', () => {
  const walSegment = (size: string) => refusal(`--storage.tsdb.wal-segment-size=${size}`).message;
  const outside = "flag 'storage.tsdb.wal-segment-size' must be set between 10MB and 256MB";
  expect(walSegment('9MB')).toBe(outside);
  expect(walSegment('257MB')).toBe(outside);
  expect(walSegment('10485761B')).toBe('opening storage failed: invalid segment size');
  expect(refusal('--storage.tsdb.max-block-chunk-segment-size=1023KB').message).toBe(
    "flag 'storage.tsdb.max-block-chunk-segment-size' must be set over 1MB",
  );
  expect(options('--storage.tsdb.max-block-chunk-segment-size=1MB').storage.chunkSegmentBytes).toBe(1 << 20);
});

test('what can not be read is refused in the wording of the reference, with what would be right', () => {
  const prefix = 'Error parsing command line arguments: ';
  expect(refusal('--web.enable-lifecyle')).toEqual({
    message: `${prefix}unknown long flag '--web.enable-lifecyle'`,
    hint: 'Did you mean --web.enable-lifecycle?',
    exitCode: 2,
  });
  expect(refusal('--x').message).toBe(`${prefix}unknown long flag '--x'`);
  expect(refusal('-x').message).toBe(`${prefix}unknown short flag '-x'`);
  expect(refusal('serve').message).toBe(`${prefix}unexpected serve`);
  expect(refusal('--no-query.timeout').message).toBe(`${prefix}unknown long flag '--no-query.timeout'`);
  expect(refusal('--query.timeout').message).toBe(`${prefix}expected argument for flag '--query.timeout'`);
  expect(refusal('--query.timeout', '--web.enable-lifecycle').message).toContain('expected argument for flag');
  expect(refusal('--query.timeout=5').message).toBe(`${prefix}not a valid duration string: "5"`);
  expect(refusal('--query.timeout=5').hint).toBe('--query.timeout takes a duration such as 30s, 5m or 1h30m.');
  expect(refusal('--query.timeout=1m', '--query.timeout=2m').message).toBe(
    `${prefix}flag 'query.timeout' cannot be repeated`,
  );
  expect(refusal('--query.max-samples=abc').message).toBe(`${prefix}strconv.ParseFloat: parsing "abc": invalid syntax`);
  expect(refusal('--storage.tsdb.wal-compression-type=lz4').message).toBe(
    `${prefix}enum value must be one of snappy,zstd, got 'lz4'`,
  );
  expect(refusal('--log.level=loud').message).toBe(`${prefix}unrecognized log level loud`);
  expect(refusal('--storage.tsdb.retention.size=5').message).toBe(`${prefix}units: unknown unit  in 5`);
  expect(refusal('--scrape.timestamp-tolerance=5').message).toBe(`${prefix}time: missing unit in duration "5"`);
});

test('flags of the other mode end with code 3, modes that do not exist yet say so', () => {
  expect(refusal('--storage.agent.path=x')).toMatchObject({
    message: 'The following flag(s) can only be used in agent mode: ["--storage.agent.path"]',
    exitCode: 3,
  });
  expect(refusal('--agent', '--query.timeout=5m')).toMatchObject({
    message: 'The following flag(s) can not be used in agent mode: ["--query.timeout"]',
    exitCode: 3,
  });
  expect(refusal('--agent').message).toContain('not supported yet');
  expect(refusal('--web.config.file=tls.yml').message).toContain('not supported yet');
});

test('the external URL gives the route prefix unless that is given', () => {
  expect(options('--web.external-url=https://h.example/mon/').web).toMatchObject({
    externalUrl: 'https://h.example/mon',
    routePrefix: '/mon',
  });
  expect(options('--web.external-url=https://h.example/mon', '--web.route-prefix=/').web.routePrefix).toBe('/');
  expect(options('--web.listen-address=127.0.0.1:1234').web.externalUrl).toMatch(/^http:\/\/[^/]+:1234$/);
  expect(refusal('--web.external-url=:bad:').message).toBe(
    'parse external URL ":bad:": parse ":bad:": missing protocol scheme',
  );
});

test.each(['127.0.0.1', ':65536', '127.0.0.1:-1', ':0x1', '[::1', 'a:b:1'])('an address %j is refused', (address) => {
  expect(refusal('--web.listen-address=:1', `--web.listen-address=${address}`)).toEqual({
    message: `Cannot listen on ${JSON.stringify(address)}`,
    hint: '--web.listen-address takes host:port with a port of at most 65535, for example 0.0.0.0:9090.',
    exitCode: 2,
  });
});

test('blocks are looked at as often as asked for, at most once a second', () => {
  expect(options().storage.blockReloadMs).toBe(60_000);
  expect(options('--storage.tsdb.block-reload-interval=5s').storage.blockReloadMs).toBe(5000);
  const often = options('--storage.tsdb.block-reload-interval=10ms');
  expect(often.storage.blockReloadMs).toBe(1000);
  expect(often.flagsForApi['storage.tsdb.block-reload-interval']).toBe('1s');
  expect(often.warnings).toEqual([expect.stringContaining('once a second')]);
  expect(options().warnings).toEqual([]);
});

test('flagsForApi shows every flag as the reference does', () => {
  const { flagsForApi } = options('--storage.tsdb.retention.size=10GB');
  expect(Object.keys(flagsForApi).sort()).toEqual(FLAGS.map((spec) => spec.name).sort());
  expect(flagsForApi).toMatchObject({
    'config.file': 'prometheus.yml',
    'query.max-samples': '50000000',
    'scrape.timestamp-tolerance': '2ms',
    'storage.remote.read-sample-limit': '50000000',
    'storage.tsdb.max-block-duration': '31d',
    'storage.tsdb.retention.size': '10GiB',
    'storage.tsdb.retention.time': '0s',
    'web.route-prefix': '/',
  });
  expect(options().flagsForApi).toMatchObject({
    'storage.tsdb.retention.time': '15d',
    'storage.tsdb.max-block-duration': '1d12h',
  });
});

test('help, version and documentation are actions', () => {
  expect(commandLineFromArguments(['-h']).action).toBe('help');
  expect(commandLineFromArguments(['--config.file=x', '--help']).action).toBe('help');
  expect(commandLineFromArguments(['--version']).action).toBe('version');
  expect(commandLineFromArguments(['--write-documentation']).action).toBe('documentation');
  expect(commandLineFromArguments(['--no-write-documentation', '--enable-feature=x']).action).toBe('run');
});

test('helpText() lists what is not hidden and keeps its lines short', () => {
  const text = helpText();
  for (const spec of FLAGS) expect(new RegExp(`--(\\[no-\\])?${spec.name}[= \n]`).test(text)).toBe(!spec.hidden);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
});

test('docs/flags.md has the tables of flags and features as they are', () => {
  const page = readFileSync(new URL('../../../docs/flags.md', import.meta.url), 'utf8');
  expect(page).toContain(`\n${flagsMarkdown()}\n`);
  expect(page).toContain(`\n${featuresMarkdown()}\n`);
  expect(Object.keys(FEATURE_EFFECTS)).toEqual(Object.keys(FEATURES));
});

test('flags that nothing reads are told to be without effect', () => {
  const server = join(import.meta.dirname, '..');
  const sources = readdirSync(server, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('flag-table.ts'))
    .map((path) => readFileSync(join(server, path), 'utf8'));
  const unread = FLAGS.filter(({ name, mode, help }) => {
    if (mode === 'agent' || help.startsWith('Accepted for compatibility')) return false;
    return !sources.some((text) => text.includes(`'${name}'`));
  });
  const page = readFileSync(join(server, '../../docs/flags.md'), 'utf8');
  const [, told] = /^Taken and checked, and without effect.*?: (.*?)\.$/ms.exec(page)!;
  const patterns = [...told!.matchAll(/`--([\w.*-]+)`/g)].map(([, name]) => name!);
  const isTold = (name: string) =>
    patterns.some((one) => name === one || (one.endsWith('*') && name.startsWith(one.slice(0, -1))));
  expect(unread.map(({ name }) => name).filter((name) => !isTold(name))).toEqual([]);
});
