/** Called now and then while something large is walked; what it throws ends that. */
export type Look = () => void;

export interface FoldOptions<Node> {
  /** Called on the way down. */
  readonly enter?: (node: Node) => void;
  readonly look?: Look;
}

/**
 * What is at hand of trees that are folded now. V8 marks in a pause what the call stack alone leads to (docs/decisions/0046), and a tree
 * may have a million nodes.
 */
const folding: object[] = [];

/** Nodes between two looks: less than a millisecond, whatever is done with them. */
const NODES_PER_LOOK = 64;

const NO_RESULTS: readonly never[] = [];

/**
 * Folds a tree from its leaves to its root without recursion, so that a chain of 100,000 operators needs no stack.
 *
 * `enter` is called on the way down (a node before its children), `combine` on the way up with the results of the
 * children in order.
 */
export function foldTree<Node, Result>(
  root: Node,
  childrenOf: (node: Node) => readonly Node[],
  combine: (node: Node, results: readonly Result[]) => Result,
  options: FoldOptions<Node> = {},
): Result {
  const path: Path<Node, Result> = { nodes: [], children: [], places: [], results: [] };
  folding.push(path);
  try {
    return foldPath(path, root, childrenOf, combine, options);
  } finally {
    folding.pop();
  }
}

/** From the root to the node at hand. In lists beside each other: a chain is as deep as it is long, and an object for each of its nodes would stay while it is folded. */
interface Path<Node, Result> {
  readonly nodes: Node[];
  readonly children: (readonly Node[])[];
  /** Of the child that is folded next. */
  readonly places: number[];
  /** Of children whose siblings are not folded yet. */
  readonly results: Result[];
}

function foldPath<Node, Result>(
  { nodes, children, places, results }: Path<Node, Result>,
  root: Node,
  childrenOf: (node: Node) => readonly Node[],
  combine: (node: Node, results: readonly Result[]) => Result,
  { enter, look }: FoldOptions<Node>,
): Result {
  let count = 0;
  let next: Node | undefined = root;
  for (;;) {
    if (next !== undefined) {
      enter?.(next);
      nodes.push(next);
      children.push(childrenOf(next));
      places.push(0);
    } else {
      if (look !== undefined && ++count % NODES_PER_LOOK === 0) look();
      const own = taken(results, children.pop()!.length);
      const result = combine(nodes.pop()!, own);
      places.pop();
      if (nodes.length === 0) return result;
      results.push(result);
    }
    const top = nodes.length - 1;
    next = children[top]![places[top]!++];
  }
}

/** Takes the last `count` entries off a list. */
function taken<Result>(list: Result[], count: number): readonly Result[] {
  if (count === 0) return NO_RESULTS;
  if (count === 1) return [list.pop()!];
  return list.splice(list.length - count);
}
