/**
 * Names that stand in patterns: those of groups and of Unicode properties. re2js knows other properties than the two dialects of
 * the reference do, and refuses a name for two groups, which both allow. So patterns are rewritten before re2js gets them.
 */

/** Whose properties: those of matchers have to be written as they are, those of `label_replace` freely. */
export type RegexDialect = 'exact' | 'free';

/** A pattern as re2js takes it, with what it has lost. */
export interface RenamedPattern {
  readonly text: string;
  /** The numbers of the groups that share a name, where there are such; a name then means the first that took part. */
  readonly sharedNames: ReadonlyMap<string, readonly number[]> | null;
}

const CATEGORIES = new Set(
  'C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'.split(
    ' ',
  ),
);

/** The scripts of Unicode 15.0. */
const SCRIPTS = new Set(
  (
    'Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi ' +
    'Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform ' +
    'Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic ' +
    'Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew ' +
    'Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi ' +
    'Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian ' +
    'Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive ' +
    'Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu ' +
    'Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian ' +
    'Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician ' +
    'Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo ' +
    'Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan ' +
    'Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square'
  ).split(' '),
);

/** What else a freely written name may be, by its plain form; what it stands for is named as re2js has it. */
const FREE_NAMES = new Map<string, string>([
  ...['Any', 'Ascii', 'Assigned', 'Lc'].map((name) => [name, name] as const),
  ...Object.entries({
    Casedletter: 'LC',
    Closepunctuation: 'Pe',
    Cntrl: 'Cc',
    Combiningmark: 'M',
    Connectorpunctuation: 'Pc',
    Control: 'Cc',
    Currencysymbol: 'Sc',
    Dashpunctuation: 'Pd',
    Decimalnumber: 'Nd',
    Digit: 'Nd',
    Enclosingmark: 'Me',
    Finalpunctuation: 'Pf',
    Format: 'Cf',
    Initialpunctuation: 'Pi',
    Letter: 'L',
    Letternumber: 'Nl',
    Lineseparator: 'Zl',
    Lowercaseletter: 'Ll',
    Mark: 'M',
    Mathsymbol: 'Sm',
    Modifierletter: 'Lm',
    Modifiersymbol: 'Sk',
    Nonspacingmark: 'Mn',
    Number: 'N',
    Openpunctuation: 'Ps',
    Other: 'C',
    Otherletter: 'Lo',
    Othernumber: 'No',
    Otherpunctuation: 'Po',
    Othersymbol: 'So',
    Paragraphseparator: 'Zp',
    Privateuse: 'Co',
    Punct: 'P',
    Punctuation: 'P',
    Separator: 'Z',
    Spaceseparator: 'Zs',
    Spacingmark: 'Mc',
    Surrogate: 'Cs',
    Symbol: 'S',
    Titlecaseletter: 'Lt',
    Unassigned: 'Cn',
    Uppercaseletter: 'Lu',
  }),
]);

/** Makes a name one that re2js does not know. No text that comes as UTF-8 has half a pair in it. */
const UNKNOWN = '\ud800';

/** Quoted stretches, properties, other escapes, character classes, openings of groups: what comes first is not seen as another. */
const PIECES =
  /\\Q[\s\S]*?(?:\\E|$)|\\[pP](?:\{\^?[^}]*\}|[a-z])|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*(?:\]|$)|\((?:\?P?<\w+>)?(?!\?)/g;
const PROPERTY = /^\\([pP])(\{?)(\^?)([^}]*)/;
const PROPERTIES_OF_CLASS = /\\[pP](?:\{\^?[^}]*\}|[a-z])|\\[\s\S]/g;

/** Rewrites a pattern for re2js. */
export function renamePattern(pattern: string, dialect: RegexDialect): RenamedPattern {
  if (!/\\[pP]|\(\?P?</.test(pattern)) return { text: pattern, sharedNames: null };
  const groups = new Map<string, number[]>();
  let groupCount = 0;
  const text = pattern.replace(PIECES, (piece) => {
    if (piece.startsWith('[')) {
      return piece.replace(PROPERTIES_OF_CLASS, (part) => renamedProperty(part, dialect));
    }
    if (!piece.startsWith('(')) return renamedProperty(piece, dialect);
    groupCount++;
    const name = /<(.*)>/.exec(piece)?.[1];
    if (name === undefined) return piece;
    const known = groups.get(name);
    if (known === undefined) {
      groups.set(name, [groupCount]);
      return piece;
    }
    known.push(groupCount);
    return '(';
  });
  for (const [name, numbers] of groups) if (numbers.length === 1) groups.delete(name);
  return { text, sharedNames: groups.size === 0 ? null : groups };
}

/** What a message says of a rewritten pattern, as its author wrote it: names that are not known are marked in it. */
export function withoutMarks(text: string): string {
  return text.replaceAll(UNKNOWN, '');
}

function renamedProperty(piece: string, dialect: RegexDialect): string {
  const match = PROPERTY.exec(piece);
  if (match === null) return piece;
  const [whole, sign, brace, not, name] = match as unknown as [string, string, string, string, string];
  const known = dialect === 'exact' ? exactName(name) : freeName(name);
  return `\\${sign}${brace}${not}${known ?? (brace === '' ? name : UNKNOWN + name)}${piece.slice(whole.length)}`;
}

function exactName(name: string): string | null {
  return name === 'Any' || CATEGORIES.has(name) || SCRIPTS.has(name) ? name : null;
}

/** Case, spaces, `_` and `-` mean nothing here; so the scripts whose names have such can not be written at all. */
function freeName(name: string): string | null {
  const letters = name.replace(/[ _-]/g, '');
  const plain = upper(letters.slice(0, 1)) + lower(letters.slice(1));
  return FREE_NAMES.get(plain) ?? (CATEGORIES.has(plain) || SCRIPTS.has(plain) ? plain : null);
}

/** ASCII letters alone have a case here. */
function upper(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
