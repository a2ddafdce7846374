import type { RecordDecoder } from '../decode-records.ts';
import type { WalVisitor } from '../visitor.ts';

/** A function that gives the refs of a record of histograms, none where it is malformed. */
export function refsOfHistograms(
  decoderFor: (visitor: WalVisitor) => RecordDecoder,
): (record: Uint8Array) => ReadonlySet<number> {
  let refs = new Set<number>();
  const nothing = (): void => {};
  const decoder = decoderFor({
    series: nothing,
    samples: nothing,
    histograms: (entries) => {
      for (const { ref } of entries) refs.add(ref);
    },
    exemplars: nothing,
    tombstones: nothing,
    metadata: nothing,
  });
  return (record) => {
    refs = new Set();
    decoder.visit(record);
    return refs;
  };
}
